import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { type Cluster, startCluster } from '../../shapes/cluster.js';
import { type Follower, followEvents } from '../../support/follow-events.js';
import { createOrgWorld, type OrgWorld } from '../../support/org-world.js';
import { callJson, keyOf, sealedHeaders } from '../../support/sealed-call.js';
import { waitUntil } from '../../support/wait-until.js';
import { type Batch, type BatchWriters, type SendBatch, startBatchWriters } from './batch-writers.js';
import { listObjects } from './list-objects.js';
import { MODEL, parts } from './new-enemy-rounds.js';

const WRITERS = 6;
const FAULTS = process.env.LUMO_TEST_LONG === '1' ? 10 : 1;

interface Tuple {
  readonly object: string;
  readonly relation: string;
  readonly subject: string;
}

interface Change {
  readonly revision: number;
  readonly writes: readonly Tuple[];
  readonly deletes: readonly Tuple[];
}

interface LogEntry extends Tuple {
  readonly operation: 'write' | 'delete';
  readonly revision: number;
}

const textOf = ({ object, relation, subject }: Tuple) => `${object}#${relation}@${subject}`;

describe('Tuples written while processes and connections are killed', () => {
  let cluster: Cluster;
  let world: OrgWorld;
  let database: pg.Client;
  let writers: BatchWriters;
  let watches: readonly Follower<Change>[];
  let log: readonly Change[];

  before(async () => {
    cluster = await startCluster({ replicas: { authz: 2 } });
    const { baseUrl, bootstrap, adminDatabaseUrl } = cluster;
    world = await createOrgWorld('writes', { baseUrl, instanceKey: bootstrap.instanceKey });
    const model = await world.call('POST', '/relations/models', { dsl: MODEL }, 201);
    const { token } = model.json<{ token: string }>();
    database = new pg.Client({ connectionString: adminDatabaseUrl });
    await database.connect();

    const watch = (base: string, headers: () => Record<string, string>) =>
      followEvents<Change>((id = token, signal) =>
        fetch(`${base}${world.api}/relations/watch`, { signal, headers: { ...headers(), 'last-event-id': id } }),
      );
    const asKey = () => ({ 'x-api-key': world.apiKey });
    watches = [watch(baseUrl, asKey), ...cluster.replicas.authz.map(({ url }) => watch(url, sealed))];
    const send =
      (base: string, headers: () => Record<string, string>): SendBatch =>
      (body, key) =>
        callJson(`${base}${world.api}/relations/tuples`, 'POST', { ...headers(), 'idempotency-key': key }, body);
    writers = startBatchWriters(WRITERS, [
      send(baseUrl, asKey),
      ...cluster.replicas.authz.map(({ url }) => send(url, sealed)),
    ]);
    await moreDone(30);
  });
  after(async () => {
    await writers?.stop();
    for (const watch of watches ?? []) await watch.close().catch(() => undefined);
    await database?.end();
    await cluster?.stop();
  });

  const sealed = () => sealedHeaders(cluster.masterKey, keyOf(world));
  const done = () => writers.batches.filter(({ outcome }) => outcome === 'done').length;

  async function moreDone(count: number): Promise<void> {
    const from = done();
    await waitUntil(async () => done() >= from + count, { what: `${count} more batches are written`, forMs: 60_000 });
  }

  for (let round = 0; round < FAULTS; round += 1) {
    for (const n of [0, 1]) {
      it(`kill -9 of replica ${n + 1}: writing goes on (${round + 1} of ${FAULTS})`, async () => {
        const replica = cluster.replicas.authz[n];
        assert.ok(replica);
        await replica.kill('SIGKILL');
        await moreDone(30);
        await replica.recovered();
        await moreDone(30);
      });
    }

    it(`the connections to PostgreSQL are cut, again and again (${round + 1} of ${FAULTS})`, async () => {
      let cut = 0;
      for (let turn = 0; turn < 8; turn += 1) {
        const { rowCount } = await database.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'lumo-authz'`,
        );
        cut += rowCount ?? 0;
        await delay(150);
      }
      assert.ok(cut > 10, `${cut} connections were cut`);
      await moreDone(30);
    });
  }

  it('every answer was success, or said to come again', async () => {
    await writers.stop();
    assert.deepEqual(writers.surprises, []);
    assert.ok(
      writers.batches.some(({ attempts, outcome }) => attempts > 1 && outcome === 'done'),
      'some were sent again',
    );
  });

  it('the log has every acknowledged change once and whole, every other whole or not at all', async () => {
    log = await readLog(world);
    const byTuple = new Map<string, number[]>();
    for (const { revision, writes } of log) {
      for (const tuple of writes) {
        const text = textOf(tuple);
        byTuple.set(text, [...(byTuple.get(text) ?? []), revision]);
      }
    }
    for (const batch of writers.batches) {
      const revisions = batch.writes.map((text) => byTuple.get(text) ?? []);
      const all = [...new Set(revisions.flat())];
      assert.ok(all.length <= 1 && revisions.every(({ length }) => length === all.length), describeBatch(batch, all));
      if (batch.outcome === 'done') assert.equal(all.length, 1, describeBatch(batch, all));
      const change = log.find(({ revision }) => revision === all[0]);
      if (!change) continue;
      assert.deepEqual(change.writes.map(textOf).sort(), [...batch.writes].sort());
      assert.deepEqual(change.deletes.map(textOf).sort(), [...batch.deletes].sort());
    }
  });

  it('the tuples are what the log says, in the database and in both replicas', async () => {
    const expected = new Set<string>();
    for (const { writes, deletes } of log) {
      for (const tuple of deletes) expected.delete(textOf(tuple));
      for (const tuple of writes) expected.add(textOf(tuple));
    }
    const stored = await readTuples(world);
    requireSame([...stored].sort(), [...expected].sort());
    for (const { url } of cluster.replicas.authz) {
      const found: string[] = [];
      for (let writer = 0; writer < WRITERS; writer += 1) {
        const subject = `agent:${writer}`;
        const ask = (body: object) => callJson(`${url}${world.api}/relations/list-objects`, 'POST', sealed(), body);
        for (const object of await listObjects(ask, { type: 'document', relation: 'viewer', subject })) {
          found.push(`${object}#viewer@${subject}`);
        }
      }
      requireSame(found.sort(), [...expected].sort());
    }
  });

  it('every watch saw every change once, whole and in order, whatever happened to its connections', async () => {
    const last = log.at(-1)?.revision ?? 0;
    for (const watch of watches) {
      await waitUntil(async () => (watch.events.at(-1)?.data.revision ?? 0) >= last, { what: 'the watch is there' });
      await watch.close();
      const changes = watch.events.filter(({ type }) => type === 'change').map(({ data }) => data);
      requireSame(changes.map(plain), log.map(plain));
    }
    assert.ok(
      watches.some((watch) => watch.connections() > 1),
      'some were interrupted',
    );
  });

  it('a key repeats its answer at every replica, changes nothing, and serves no other request', async () => {
    const before = await readLog(world);
    const some = writers.batches.filter(({ outcome }) => outcome === 'done').slice(-10);
    for (const batch of some) {
      for (const { url } of cluster.replicas.authz) {
        const headers = { ...sealed(), 'idempotency-key': batch.key };
        const path = `${url}${world.api}/relations/tuples`;
        const again = await callJson(path, 'POST', headers, batch.body);
        assert.equal(again.status, 200, again.text);
        assert.equal(again.body.written, batch.writes.length);
        const other = { writes: [parts(`document:${batch.name}#viewer@agent:other`)] };
        const reused = await callJson(path, 'POST', headers, other);
        assert.deepEqual([reused.status, reused.body.error], [409, 'idempotency_key_reused']);
      }
    }
    requireSame((await readLog(world)).map(plain), before.map(plain));
  });
});

/** One change in a line, so that two lists of them can be compared by eye. */
function plain({ revision, writes, deletes }: Change): string {
  const texts = (tuples: readonly Tuple[]) => tuples.map(textOf).sort().join(' ');
  return `${revision}: + ${texts(writes)} - ${texts(deletes)}`;
}

/** Fails with the first place where the lists differ; they are too long to be printed. */
function requireSame(given: readonly string[], expected: readonly string[]): void {
  const at = expected.findIndex((text, n) => text !== given[n]);
  const place = at < 0 ? expected.length : at;
  assert.deepEqual(given.slice(place, place + 3), expected.slice(place, place + 3), `from place ${place} on`);
  assert.equal(given.length, expected.length);
}

function describeBatch({ name, outcome, attempts }: Batch, revisions: readonly number[]): string {
  return `${name} (${outcome}, ${attempts} attempts) stands at revisions ${revisions.join(', ') || 'none'}`;
}

/** The whole log by way of its pages. */
async function readLog(world: OrgWorld): Promise<readonly Change[]> {
  const changes = new Map<number, { revision: number; writes: Tuple[]; deletes: Tuple[] }>();
  for (let cursor: string | undefined; ; ) {
    const page: { changes: LogEntry[]; cursor: string } = (
      await world.call('GET', `/relations/changes?limit=1000${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`)
    ).json();
    if (page.changes.length === 0) return [...changes.values()];
    for (const entry of page.changes) {
      const { revision, operation } = entry;
      const change = changes.get(revision) ?? { revision, writes: [], deletes: [] };
      change[operation === 'write' ? 'writes' : 'deletes'].push(entry);
      changes.set(revision, change);
    }
    cursor = page.cursor;
  }
}

async function readTuples(world: OrgWorld): Promise<readonly string[]> {
  const found: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page: { tuples: Tuple[]; cursor?: string } = (
      await world.call('GET', `/relations/tuples?limit=1000${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`)
    ).json();
    found.push(...page.tuples.map(textOf));
    if (page.cursor === undefined) return found;
    cursor = page.cursor;
  }
}
