import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Cluster, type Replica, startCluster } from '../../shapes/cluster.js';
import { createOrgWorld, type OrgWorld } from '../../support/org-world.js';
import { waitUntil } from '../../support/wait-until.js';
import { MODEL } from './new-enemy-rounds.js';
import { type Ending, endingOf, isSuccess, keepSending } from './steady-traffic.js';

/** So many that all of them have the same first owner once in half a million runs. */
const ORGS = 20;
const PERMISSION = 'document.read';
const json = { 'content-type': 'application/json' };

describe('Two replicas of the authorization service', () => {
  let cluster: Cluster;
  let replicas: readonly Replica[];
  let worlds: readonly OrgWorld[];

  before(async () => {
    cluster = await startCluster({ replicas: { authz: 2 } });
    replicas = cluster.replicas.authz;
    const { baseUrl, bootstrap } = cluster;
    const made: OrgWorld[] = [];
    for (let n = 0; n < ORGS; n += 1) {
      made.push(await createOrgWorld(`placed-${n}`, { baseUrl, instanceKey: bootstrap.instanceKey }));
    }
    worlds = made;
    await bothTakePart();
  });
  after(() => cluster?.stop());

  const ask = (world: OrgWorld): Promise<Ending> =>
    endingOf(`${cluster.baseUrl}${world.api}/authz/check`, {
      method: 'POST',
      headers: { ...json, 'x-api-key': world.apiKey },
      body: JSON.stringify({ permission: PERMISSION, user_id: world.admin.id }),
    });

  async function requireAnswered(world: OrgWorld, times: number): Promise<void> {
    for (let n = 0; n < times; n += 1) {
      const { status, text } = await ask(world);
      assert.equal(status, 200, text);
    }
  }

  /** How many checks each replica has answered, as its own metrics say. */
  const answered = () => Promise.all(replicas.map(checksAnsweredBy));

  /** Both are known to the gateway: each answers for some org. */
  async function bothTakePart(): Promise<void> {
    await waitUntil(
      async () => {
        const before = await answered();
        for (const world of worlds) await requireAnswered(world, 1);
        const now = await answered();
        return now.every((count, n) => count > (before[n] ?? 0));
      },
      { what: 'both replicas answer', forMs: 20_000, everyMs: 200 },
    );
  }

  it('an org is sent to one of its owners and stays there; orgs are spread over both', async () => {
    const owners = new Set<number>();
    for (const world of worlds) {
      const before = await answered();
      await requireAnswered(world, 5);
      const more = (await answered()).map((count, n) => count - (before[n] ?? 0));
      assert.deepEqual([...more].sort(), [0, 5], 'one at a time go to the same replica');
      owners.add(more.indexOf(5));
    }
    assert.equal(owners.size, 2);
  });

  it('an org that asks a lot is answered by both', async () => {
    const [world] = worlds;
    assert.ok(world);
    const before = await answered();
    const endings = await Promise.all(Array.from({ length: 400 }, () => ask(world)));
    assert.ok(endings.every(isSuccess));
    const more = (await answered()).map((count, n) => count - (before[n] ?? 0));
    assert.equal(more[0] ?? 0, 400 - (more[1] ?? 0));
    assert.ok(
      more.every((count) => count > 20),
      `${more}`,
    );
  });

  it('any replica answers any org: what was written through one is known to the other', async () => {
    const [world] = worlds;
    assert.ok(world);
    const user = await world.addUser();
    await world.addRole('reader', [PERMISSION]);
    await world.call('POST', `/admin/users/${user.id}/roles`, { roles: ['reader'] });
    const check = { permission: PERMISSION, user_id: user.id };
    await waitUntil(
      async () => {
        const answers = await Promise.all(
          Array.from({ length: 40 }, () =>
            world.http.send('POST', `${world.api}/authz/check`, { apiKey: world.apiKey, json: check }),
          ),
        );
        return answers.every((answer) => answer.json<{ allowed: boolean }>().allowed);
      },
      { what: 'both replicas allow', forMs: 10_000 },
    );
  });

  it('checks of one moment travel together, each with its own answer, in every API', async () => {
    const [world] = worlds;
    assert.ok(world);
    await world.call('POST', '/relations/models', { dsl: MODEL }, 201);
    const documents = Array.from({ length: 40 }, (_, n) => `document:${n}`);
    const shared = documents.filter((_, n) => n % 3 === 0);
    const writes = shared.map((object) => ({ object, relation: 'viewer', subject: 'agent:ada' }));
    const written = await world.call('POST', '/relations/tuples', { writes });
    const consistency = { at_least_as_fresh: written.json<{ token: string }>().token };
    const headers = { apiKey: world.apiKey };
    const fga = `/orgs/${world.slug}/openfga/stores`;
    const stores = (await world.http.send('GET', fga, headers)).expect(200).json<{ stores: { id: string }[] }>().stores;
    const before = await Promise.all(replicas.map(messagesTakenBy));

    const ask = (path: string, json: unknown) => world.http.send('POST', path, { ...headers, json });
    const apis = [
      (object: string, relation: string) =>
        ask(`${world.api}/relations/check`, { object, relation, subject: 'agent:ada', consistency }),
      (object: string, relation: string) =>
        ask(`${world.api}/zanzibar/check`, { object, relation, subject: 'agent:ada', consistency }),
      (object: string, relation: string) =>
        ask(`${fga}/${stores[0]?.id}/check`, {
          tuple_key: { object, relation, user: 'agent:ada' },
          consistency: 'HIGHER_CONSISTENCY',
        }),
    ];
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(
        apis.flatMap((api) => [
          ...documents.map(async (object) => {
            const answer = (await api(object, 'can_view')).expect(200).json<{ allowed: boolean }>();
            assert.equal(answer.allowed, shared.includes(object), object);
          }),
          ...documents.slice(0, 5).map(async (object) => (await api(object, 'nothing')).expect(400)),
        ]),
      );
    }
    const taken = (await Promise.all(replicas.map(messagesTakenBy))).map((count, n) => count - (before[n] ?? 0));
    const messages = taken.reduce((sum, count) => sum + count, 0);
    const asked = 3 * apis.length * 45;
    assert.ok(messages > 0 && messages < asked / 2, `${messages} messages for ${asked} questions`);
  });

  it('kill -9 of a replica under traffic: no question fails, no acknowledged change is lost, and it comes back', async () => {
    const [victim] = replicas;
    assert.ok(victim);
    const questions = keepSending(8, (n) => ask(worldOf(n)), 2);
    const changes = keepSending(2, (n) => change(n), 5);
    await someOf(questions);
    await changes.take();
    await victim.kill('SIGKILL');
    const whileDown = await someOf(questions);
    await victim.recovered();
    await bothTakePart();
    const afterwards = await someOf(questions);
    await questions.stop();
    await changes.stop();
    const asked = [...whileDown, ...afterwards, ...(await questions.take())];
    assert.deepEqual(
      asked.filter((ending) => !isSuccess(ending)),
      [],
    );
    await requireKept(await changes.take());
  });

  it('a rolling restart with SIGTERM: nothing fails, whether it asks or changes', async () => {
    const questions = keepSending(8, (n) => ask(worldOf(n)), 2);
    const changes = keepSending(2, (n) => change(n), 5);
    for (const replica of replicas) {
      await someOf(questions);
      await replica.kill('SIGTERM');
      await replica.recovered();
      await bothTakePart();
    }
    await questions.stop();
    await changes.stop();
    const asked = await questions.take();
    assert.deepEqual(
      asked.filter((ending) => !isSuccess(ending)),
      [],
    );
    const changed = await changes.take();
    assert.deepEqual(
      changed.filter((ending) => !isSuccess(ending)),
      [],
    );
    await requireKept(changed);
  });

  it('NATS is away for seconds: every question is answered or told to come again, and both take part afterwards', async () => {
    await cluster.nats.kill();
    const questions = keepSending(4, (n) => ask(worldOf(n)), 5);
    try {
      // Longer than a replica may be silent while the other one speaks.
      await new Promise((resolve) => setTimeout(resolve, 4000));
    } finally {
      await cluster.nats.start();
      await questions.stop();
    }
    const failed = (await questions.take()).filter((ending) => !isSuccess(ending));
    // The gateway remembers a key for a moment only, and asks over NATS.
    for (const { status, text } of failed) assert.equal(status, 503, text);
    await bothTakePart();
  });

  interface Change extends Ending {
    readonly world: OrgWorld;
    readonly slug: string;
  }

  const worldOf = (n: number): OrgWorld => {
    const world = worlds[n % worlds.length];
    assert.ok(world);
    return world;
  };

  let slugs = 0;
  async function change(n: number): Promise<Change> {
    const world = worldOf(n);
    slugs += 1;
    const slug = `role-${slugs}`;
    const ending = await endingOf(`${cluster.baseUrl}${world.api}/admin/roles`, {
      method: 'POST',
      headers: { ...json, 'x-api-key': world.apiKey },
      body: JSON.stringify({ name: slug, slug }),
    });
    return { ...ending, world, slug };
  }

  /** What was acknowledged is there; what was not says to come again. */
  async function requireKept(changed: readonly Change[]): Promise<void> {
    assert.ok(changed.some(isSuccess));
    for (const { status, text, world, slug } of changed) {
      if (status === 201) await world.call('GET', `/admin/roles/${slug}`);
      else assert.equal(status, 503, text);
    }
  }
});

async function someOf(traffic: { take(): Promise<readonly Ending[]> }): Promise<readonly Ending[]> {
  const all: Ending[] = [];
  await waitUntil(
    async () => {
      all.push(...(await traffic.take()));
      return all.length >= 200;
    },
    { what: 'there is traffic' },
  );
  return all;
}

const ROUTE = 'lumo_http_request_duration_seconds_count';

async function messagesTakenBy({ url }: Replica): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${ROUTE}\\{.*route="/_internal/together".*\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}

const ANSWERED = /^lumo_http_request_duration_seconds_count\{.*route="[^"]*\/authz\/check".*\} (\d+)$/gm;

async function checksAnsweredBy({ url }: Replica): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return [...text.matchAll(ANSWERED)].reduce((sum, [, count]) => sum + Number(count), 0);
}
