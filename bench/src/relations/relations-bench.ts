import { join } from 'node:path';
import { createHttpClient, type HttpClient } from '../load/http-client.js';
import { measure } from '../load/measure.js';
import { type CpuProfile, connectProfiler, INSPECTOR_FLAG } from '../server/cpu-profile.js';
import { withDataDir } from '../server/data-dir.js';
import { readUsage } from '../server/process-tree.js';
import { type Standalone, startStandalone } from '../server/standalone.js';
import { openWorld, type World } from '../world/world.js';
import {
  type Drive,
  driveRelations,
  type LoadedRelations,
  loadRelations,
  type RelationsOptions,
  type RelationsResult,
} from './measure-relations.js';
import type { OpenFgaServer } from './openfga-store.js';
import type { OwnServerFacts } from './render-relations.js';

export interface RelationsReport {
  readonly where: string;
  readonly result: RelationsResult;
  readonly own?: OwnServerFacts;
}

/** Measures a running server that speaks the OpenFGA API: what it answers, not what it uses. */
export async function measurePeer(
  { url, token }: { readonly url: string; readonly token?: string },
  options: RelationsOptions,
): Promise<RelationsReport> {
  const { origin, pathname } = new URL(url);
  const http = createHttpClient(origin);
  try {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const server = { http, prefix: pathname.replace(/\/$/, ''), headers };
    return { where: url, result: await driveRelations(server, await loadRelations(server, options), options) };
  } finally {
    await http.close();
  }
}

/** Profiles of the server's main thread, one for each window of load. */
export type KeepProfile = (name: string, profile: CpuProfile) => Promise<void>;

/** Measures our own server: the same load as a peer gets, then two starts to see how long the graph takes to be there. */
export function measureOwn(options: RelationsOptions, keepProfile?: KeepProfile): Promise<RelationsReport> {
  return withDataDir(async (dataDir) => {
    const nodeArgs = keepProfile ? [INSPECTOR_FLAG] : [];
    const { loaded, result } = await withServer({ dataDir, nodeArgs }, async ({ pid, output }, server) => {
      const loaded = await loadRelations(server, options);
      const profiler = keepProfile && (await connectProfiler(output()));
      const driveLoad: Drive = (name, users, times) =>
        measure(pid, users, {
          ...times,
          onStart: () => profiler?.start(),
          async onEnd() {
            if (profiler) await keepProfile?.(name, await profiler.stop());
          },
        });
      try {
        return { loaded, result: await driveRelations(server, loaded, options, driveLoad) };
      } finally {
        profiler?.close();
      }
    });
    const say = (text: string) => options.say(`  ${text}`);
    say('first answer from the snapshot');
    const fromSnapshot = await firstAnswer({ dataDir }, loaded);
    say('first answer from PostgreSQL');
    const settings = { LUMO_SNAPSHOT_DIR: join(dataDir, 'no-snapshots-yet') };
    const fromDatabase = await firstAnswer({ dataDir, settings }, loaded);
    return {
      where: 'LumoAuth, standalone',
      result,
      own: {
        rssBeforeBytes: fromSnapshot.rssBeforeBytes,
        rssAfterBytes: fromSnapshot.rssAfterBytes,
        firstAnswerFromSnapshotMs: fromSnapshot.milliseconds,
        firstAnswerFromDatabaseMs: fromDatabase.milliseconds,
      },
    };
  });
}

interface Place {
  readonly dataDir: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly nodeArgs?: readonly string[];
}

async function withServer<T>(
  place: Place,
  use: (server: Standalone, openFga: OpenFgaServer) => Promise<T>,
): Promise<T> {
  const server = await startStandalone(place);
  const world = openWorld(server.baseUrl, server.bootstrap);
  try {
    return await use(server, openFgaOf(world));
  } finally {
    await world.http.close();
    await server.stop();
  }
}

/** The list of stores has the credential known first: what is left is the graph itself. */
async function firstAnswer(place: Place, { store, questions }: LoadedRelations) {
  return withServer(place, async ({ pid }, { http, prefix, headers }) => {
    await http.expect(200, { method: 'GET', path: `${prefix}/stores`, headers });
    const [question] = questions;
    if (!question) throw new Error('there is no question to ask');
    const rssBeforeBytes = readUsage(pid)?.node.rssBytes;
    const startedMs = performance.now();
    await askPatiently(http, store.check(question));
    const milliseconds = performance.now() - startedMs;
    return { milliseconds, rssBeforeBytes, rssAfterBytes: readUsage(pid)?.node.rssBytes };
  });
}

/** A server may say that it is still loading. */
async function askPatiently(http: HttpClient, send: ReturnType<LoadedRelations['store']['check']>): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const { status } = await http.send(send);
    if (status === 200) return;
  }
  await http.expect(200, send);
}

function openFgaOf({ http, bootstrap }: World): OpenFgaServer {
  return { http, prefix: `/orgs/${bootstrap.org}/openfga`, headers: { authorization: `Bearer ${bootstrap.apiKey}` } };
}
