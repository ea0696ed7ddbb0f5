import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { ServiceName } from '@lumo/contracts';
import { type Cluster, startCluster } from '../../shapes/cluster.js';
import { createHttp, type Http } from '../../support/http.js';
import { type SignInRequest, signIn, signInForTokens } from '../../support/sign-in.js';
import { tokenEndpoint } from '../../support/tokens.js';
import { waitUntil } from '../../support/wait-until.js';
import { openRecordedEvents, type RecordedEvents } from './recorded-events.js';
import { type Ending, isSuccess, needsAlways, needsSometimes, startTraffic, type Traffic } from './traffic.js';

/** In the order from the last of a request's way to the first. */
const VICTIMS: readonly ServiceName[] = ['audit', 'agents', 'authz', 'authn', 'gateway'];

describe('A cluster under traffic', () => {
  let cluster: Cluster;
  let http: Http;
  let api: string;
  let traffic: Traffic | undefined;
  let events: RecordedEvents | undefined;
  let request: SignInRequest;

  before(async () => {
    cluster = await startCluster();
    const { bootstrap, baseUrl } = cluster;
    http = createHttp(baseUrl);
    api = `/orgs/${bootstrap.org}/api/v1`;
    const { clientId, redirectUris } = bootstrap.clients.spa;
    request = { apiPath: api, client: { clientId, redirectUri: redirectUris[0] ?? '' }, person: bootstrap.alice };
    const { access_token } = await signInForTokens(http, request);
    events = await openRecordedEvents(cluster.adminDatabaseUrl);
    traffic = startTraffic(baseUrl, bootstrap, access_token);
    await traffic.flowing();
  });
  after(async () => {
    await traffic?.stop();
    await events?.close();
    await cluster?.stop();
  });

  /** Everything that was acknowledged is in the audit log, once. */
  async function requireRecorded(seen: readonly Ending[], { issuance }: { issuance: 'all' | 'at most once' }) {
    assert.ok(events);
    const ids = (...kinds: readonly string[]) =>
      seen.filter((ending) => isSuccess(ending) && kinds.includes(ending.kind)).map(({ requestId }) => requestId);
    const created = ids('newUsers');
    const issued = ids('tokens', 'agentTokens');
    assert.ok(created.length > 0 && issued.length > 0, 'there was traffic');
    await events.requireOnce('user.created', created);
    if (issuance === 'all') await events.requireOnce('token.issued', issued);
    else await events.requireNoneTwice('token.issued', issued);
  }

  it('answers every kind of request, and all of it is recorded once', async () => {
    assert.ok(traffic);
    const seen = await traffic.take();
    const failed = seen.filter((ending) => !isSuccess(ending));
    assert.deepEqual(failed, []);
    await requireRecorded(seen, { issuance: 'all' });
  });

  for (const victim of VICTIMS) {
    it(`kill -9 of ${victim}: the others go on, and it comes back by itself`, async () => {
      assert.ok(traffic);
      const service = cluster.services[victim];
      const { pid } = service;
      await traffic.take();
      await service.kill('SIGKILL');
      const whileDown = await traffic.round();
      await service.recovered();
      await traffic.flowing();
      const seen = await traffic.take();
      assert.notEqual(service.pid, pid, 'it is a new process');

      for (const ending of whileDown.filter(({ kind }) => needsAlways(kind, victim))) {
        const expected = victim === 'gateway' ? 'unreachable' : 503;
        assert.equal(ending.outcome, expected, `${ending.kind} needs ${victim}: ${ending.text}`);
      }
      for (const ending of seen) requireExplained(ending, victim);
      // What is issued without a write is recorded a moment later, and the memory of a killed process is gone.
      await requireRecorded(seen, { issuance: victim === 'authn' ? 'at most once' : 'all' });
    });
  }

  it('kill -9 of NATS: tokens are issued all the same, and no event is lost or doubled', async () => {
    assert.ok(traffic);
    await traffic.take();
    await cluster.nats.kill();
    const whileDown: Ending[] = [];
    // Long enough that what the gateway remembers of a key is forgotten.
    await waitUntil(
      async () => {
        const answers = await traffic?.round();
        whileDown.push(...(answers ?? []));
        return answers?.some(({ kind, outcome }) => kind === 'checksByKey' && outcome === 503);
      },
      { what: 'a key cannot be looked up any more', everyMs: 200 },
    );
    await cluster.nats.start();
    await traffic.flowing();
    const seen = await traffic.take();
    assert.ok(whileDown.filter(({ kind }) => kind === 'tokens').every(isSuccess), JSON.stringify(whileDown));
    for (const ending of seen) {
      if (ending.kind === 'tokens') assert.equal(ending.outcome, 200, ending.text);
      else if (!isSuccess(ending)) requireUnavailable(ending);
    }
    await requireRecorded(seen, { issuance: 'all' });
  });

  it('Redis is emptied: who was signed in stays so, and everybody can sign in', async () => {
    const { clientId, redirectUri } = request.client;
    const scope = 'openid offline_access';
    const earlier = await signInForTokens(http, { ...request, scope, parameters: { prompt: 'consent' } });
    await redisCommand(cluster.redis.port, 'FLUSHALL');
    const again = await signIn(http, { ...request, browser: earlier.browser, parameters: { prompt: 'none' } });
    assert.ok(again.code);
    await tokenEndpoint(http, api).grant({
      grant_type: 'refresh_token',
      refresh_token: earlier.refresh_token ?? '',
      client_id: clientId,
    });
    await signInForTokens(http, { ...request, client: { clientId, redirectUri } });
  });

  it('Redis is killed and comes back empty: everybody can sign in', async () => {
    assert.ok(traffic);
    await cluster.redis.kill();
    await cluster.redis.start();
    await traffic.flowing();
    await signInForTokens(http, request);
  });

  it('after all of it no event waits and none was given up', async () => {
    await traffic?.stop();
    await events?.requireAllSettled();
  });
});

/** Who does not need the dead service is answered; who needs it is told when to come again, and nobody hangs. */
function requireExplained(ending: Ending, victim: ServiceName): void {
  if (isSuccess(ending)) return;
  const { kind, outcome, text } = ending;
  assert.ok(needsAlways(kind, victim) || needsSometimes(kind, victim), `${kind} without ${victim}: ${outcome} ${text}`);
  // A gateway that has just started believes no token until it knows what was revoked.
  if (outcome !== 'unreachable' || victim !== 'gateway') requireUnavailable(ending);
}

function requireUnavailable({ kind, outcome, retryAfter, text }: Ending): void {
  assert.equal(outcome, 503, `${kind}: ${text}`);
  assert.match(retryAfter ?? '', /^\d+$/, `${kind}: Retry-After`);
}

async function redisCommand(port: number, command: string): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`${command}\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  assert.equal(answer.toString(), '+OK\r\n');
}
