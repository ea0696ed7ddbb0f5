import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Cluster, startCluster } from '../../shapes/cluster.js';
import { createOrgWorld, type OrgWorld } from '../../support/org-world.js';
import { callJson, keyOf, sealedHeaders } from '../../support/sealed-call.js';
import { waitUntil } from '../../support/wait-until.js';
import { listObjects } from './list-objects.js';
import { type Asked, type Counts, MODEL, STORIES, tell } from './new-enemy-rounds.js';

/** Every round is one change, asked of everybody in every strict way. */
const ROUNDS = process.env.LUMO_TEST_LONG === '1' ? 10_000 : 400;
const LANES = 6;
/** NATS stands still again and again: a moment, longer than replicas are believed in, longer than a connection lives. */
const PAUSES_MS = process.env.LUMO_TEST_LONG === '1' ? [1000, 4000, 15_000] : [1500, 4500];
/** After NATS goes on, calls that were begun meanwhile still end at their deadline. */
const SETTLING_MS = 12_000;

describe('Two replicas, writers and readers side by side, NATS paused meanwhile', () => {
  let cluster: Cluster;
  let worlds: readonly OrgWorld[];
  let agentTokens: readonly string[];
  let agents: readonly string[];
  /** NATS does not move, or did not a moment ago. */
  let disturbedUntil = 0;

  before(async () => {
    cluster = await startCluster({ replicas: { authz: 2 } });
    const { baseUrl, bootstrap } = cluster;
    const made = [];
    for (const label of ['enemy-a', 'enemy-b']) {
      const world = await createOrgWorld(label, { baseUrl, instanceKey: bootstrap.instanceKey });
      await world.call('POST', '/relations/models', { dsl: MODEL }, 201);
      const agent = await world.addAgent([]);
      made.push({ world, token: await world.agentToken(agent), agent: `agent:${agent.agentId}` });
    }
    worlds = made.map(({ world }) => world);
    agentTokens = made.map(({ token }) => token);
    agents = made.map(({ agent }) => agent);
  });
  after(async () => {
    process.kill(cluster?.nats.pid ?? 0, 'SIGCONT');
    await cluster?.stop();
  });

  /** A replica, asked with what only the gateway can say. It needs NATS for nothing that it answers. */
  function direct(n: number, { id, slug, api }: OrgWorld): Asked {
    const replica = cluster.replicas.authz[n];
    assert.ok(replica);
    const caller = keyOf({ id, slug });
    const post = (path: string) => (body: object) =>
      callJson(`${replica.url}${api}/relations/${path}`, 'POST', sealedHeaders(cluster.masterKey, caller), body);
    return { name: `replica ${n + 1}`, write: post('tuples'), check: post('check'), mayFail: () => () => false };
  }

  /** The gateway, asked by an agent about itself: its token is judged without a call, as long as revocations are known. */
  function throughGateway({ api }: OrgWorld, token: string): Asked {
    const check = ({ subject: _me, ...question }: { subject?: string }) =>
      callJson(
        `${cluster.baseUrl}${api}/relations/check`,
        'POST',
        { authorization: `Bearer ${token}` },
        question,
        Date.now() < disturbedUntil ? 1500 : 9000,
      );
    return {
      name: 'the gateway',
      write: () => Promise.reject(new Error('an agent does not write')),
      check,
      mayFail() {
        const begun = Date.now();
        return () => begun < disturbedUntil || Date.now() < disturbedUntil;
      },
    };
  }

  async function pauseNats(forMs: number): Promise<void> {
    disturbedUntil = Number.POSITIVE_INFINITY;
    process.kill(cluster.nats.pid, 'SIGSTOP');
    await delay(forMs);
    process.kill(cluster.nats.pid, 'SIGCONT');
    disturbedUntil = Date.now() + SETTLING_MS;
  }

  it(`no answer is stale at at_least_as_fresh or stronger, in ${ROUNDS} rounds`, { timeout: 3_600_000 }, async () => {
    const counts: Counts = { steps: 0, answers: new Map(), missing: 0 };
    const random = seeded(20_261_122);
    const pick = (below: number) => Math.floor(random() * below);
    let stories = 0;
    let failed = false;
    const lanes = Array.from({ length: LANES }, async (_, lane) => {
      const at = lane % worlds.length;
      const [world, token, me] = [worlds[at], agentTokens[at], agents[at]];
      assert.ok(world && token && me);
      const replicas = [direct(0, world), direct(1, world)];
      const readers = [...replicas, throughGateway(world, token)];
      while (counts.steps < ROUNDS && !failed) {
        const story = STORIES[stories % STORIES.length];
        assert.ok(story);
        stories += 1;
        await tell(story(`s${stories}`, me), me, replicas, readers, pick, counts).catch((error: unknown) => {
          failed = true;
          throw error;
        });
      }
    });
    const told = Promise.all(lanes);
    const pausing = (async () => {
      for (let n = 0; counts.steps < ROUNDS && !failed; n += 1) {
        const from = counts.steps;
        await waitUntil(async () => failed || counts.steps >= Math.min(ROUNDS, from + 60), {
          what: 'rounds go on beside a NATS that works',
          forMs: 60_000,
        });
        if (counts.steps < ROUNDS && !failed) await pauseNats(PAUSES_MS[n % PAUSES_MS.length] ?? 0);
      }
    })();
    await told;
    await pausing;
    assert.ok(counts.steps >= ROUNDS);
    const answers = (name: string) => counts.answers.get(name) ?? 0;
    assert.equal(answers('replica 1'), answers('replica 2'));
    assert.ok(answers('replica 1') >= 2 * ROUNDS);
    // What the gateway could not say while NATS stood still is not held against it, but it said something.
    assert.equal(answers('the gateway') + counts.missing, answers('replica 1'));
    assert.ok(answers('the gateway') > ROUNDS / 4, `${counts.missing} missing`);
  });

  it('afterwards the gateway answers, and both replicas say the same of everything', async () => {
    for (const [at, world] of worlds.entries()) {
      const me = agents[at] ?? '';
      const list = { type: 'document', relation: 'can_view', subject: me };
      const path = `${world.api}/relations/list-objects`;
      const [one, other] = await Promise.all(
        cluster.replicas.authz.map(({ url }) => {
          const headers = () => sealedHeaders(cluster.masterKey, keyOf(world));
          return listObjects((body) => callJson(`${url}${path}`, 'POST', headers(), body), list);
        }),
      );
      assert.ok(one && one.length > 0);
      assert.deepEqual(one, other);
      const through = await waitUntil(
        () =>
          listObjects(
            (body) => callJson(`${cluster.baseUrl}${path}`, 'POST', { 'x-api-key': world.apiKey }, body),
            list,
          ),
        { what: 'the gateway answers again', forMs: 30_000 },
      );
      assert.deepEqual(through, one);
    }
  });
});

/** The same stories by the same people in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
