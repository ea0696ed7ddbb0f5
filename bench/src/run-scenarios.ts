import { type Measurement, measure } from './load/measure.js';
import type { MemoryResult, ScenarioResult } from './report/report.js';
import { timeShares } from './report/time-shares.js';
import { writeProfile } from './report/write-results.js';
import type { Scenario } from './scenarios/scenario.js';
import { connectProfiler, INSPECTOR_FLAG, type Profiler } from './server/cpu-profile.js';
import { withDataDir } from './server/data-dir.js';
import { readUsage } from './server/process-tree.js';
import { startStandalone } from './server/standalone.js';
import { openWorld } from './world/world.js';

export interface ScenarioOptions {
  readonly warmUpMs: number;
  readonly measureMs: number;
  readonly profile: boolean;
  /** Name of this run, for what it writes. */
  readonly name: string;
  /** Undefined where the work failed. */
  attempt<T>(part: string, work: () => Promise<T>): Promise<T | undefined>;
}

export interface LoadedServer {
  readonly scenarios: readonly ScenarioResult[];
  readonly memory: MemoryResult | undefined;
}

/** Runs scenarios one after the other against one server, and looks at its memory before and after. */
export function measureScenarios(scenarios: readonly Scenario[], options: ScenarioOptions): Promise<LoadedServer> {
  return withDataDir(async (dataDir) => {
    const server = await startStandalone({ dataDir, nodeArgs: options.profile ? [INSPECTOR_FLAG] : [] });
    const world = openWorld(server.baseUrl, server.bootstrap);
    const profiler = options.profile ? await connectProfiler(server.output()) : undefined;
    try {
      const ready = readUsage(server.pid);
      const results: ScenarioResult[] = [];
      for (const scenario of scenarios) {
        const result = await options.attempt(scenario.name, async () => {
          const users = await scenario.prepare(world);
          return measureOne(
            scenario,
            (hooks) => measure(server.pid, users, { ...options, ...hooks }),
            profiler,
            options,
          );
        });
        if (result) results.push(result);
      }
      const after = readUsage(server.pid);
      const memory = ready &&
        after && {
          readyBytes: ready.node.rssBytes,
          afterLoadBytes: after.node.rssBytes,
          peakBytes: after.node.peakRssBytes,
          databasePssBytes: after.database.pssBytes,
        };
      return { scenarios: results, memory };
    } finally {
      profiler?.close();
      await world.http.close();
      await server.stop();
    }
  });
}

interface Hooks {
  onStart?(): Promise<void>;
  onEnd?(): Promise<void>;
}

async function measureOne(
  { name, title, aim, users }: Scenario,
  run: (hooks: Hooks) => Promise<Measurement>,
  profiler: Profiler | undefined,
  options: ScenarioOptions,
): Promise<ScenarioResult> {
  const about = { name, title, users, ...(aim !== undefined && { aim }) };
  if (!profiler) return { ...about, measurement: await run({}) };
  let profile: Awaited<ReturnType<Profiler['stop']>> | undefined;
  const measurement = await run({
    onStart: () => profiler.start(),
    async onEnd() {
      profile = await profiler.stop();
    },
  });
  if (!profile) return { ...about, measurement };
  await writeProfile(options.name, name, profile);
  return { ...about, measurement, profile: timeShares(profile) };
}
