import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { findProgram, startNats } from '@lumo/testing';
import type { BroadcastTransport } from '../broadcast/broadcast.js';
import { createMessageSeal, MESSAGE_TTL_MS } from '../broadcast/sealed-message.js';
import { silentLogger } from '../logger.js';
import { broadcastContract, hear, untilHeard } from '../testing/broadcast.contract.js';
import { createNatsBroadcast } from './nats-broadcast.js';
import { type NatsLink, openNats } from './nats-link.js';

const KEY = Buffer.alloc(32, 7);
const skip = (await findProgram('nats-server')) ? false : 'nats-server is not installed';
const server = await startNats();
const links: NatsLink[] = [];

after(async () => {
  await Promise.all(links.map((link) => link.close()));
  await server?.stop();
});

async function link(): Promise<NatsLink> {
  const opened = openNats({ url: server?.url ?? '', name: 'test', logger: silentLogger });
  links.push(opened);
  await new Promise<void>((resolve) => opened.onUp(resolve));
  return opened;
}

broadcastContract(
  'NATS',
  async (options) => createNatsBroadcast({ ...options, prefix: `test-${randomUUID()}`, nats: await link() }),
  { skip },
);

describe('broadcasts over NATS', { skip }, () => {
  /** Processes of one installation. */
  async function processes(count: number, prefix: string): Promise<readonly BroadcastTransport[]> {
    return Promise.all(
      Array.from({ length: count }, async () =>
        createNatsBroadcast({ key: KEY, logger: silentLogger, prefix, nats: await link() }),
      ),
    );
  }

  it('reach every process, not one of them', async () => {
    const [one, two, three] = await processes(3, `test-${randomUUID()}`);
    assert.ok(one && two && three);
    const heard = [one, two, three].map((process) => hear(process.as('authz'), 'authz.changed'));
    for (const seen of heard) {
      await untilHeard(() => one.as('authz').publish('authz.changed', Buffer.from('news')), seen, 'news');
    }
  });

  it('are believed from a process of the installation only', async () => {
    const prefix = `test-${randomUUID()}`;
    const subject = `${prefix}.broadcast.authz.changed`;
    const warnings: object[] = [];
    const receiver = createNatsBroadcast({
      key: KEY,
      logger: { ...silentLogger, warn: (fields) => void warnings.push(fields) },
      prefix,
      nats: await link(),
    });
    const seen = hear(receiver.as('authz'), 'authz.changed');
    const stranger = (await link()).connection;
    assert.ok(stranger);
    const now = Date.now();
    const { seal } = createMessageSeal(KEY);
    const genuine = seal('authz.changed', Buffer.from('genuine'), now);
    const refused = [
      Buffer.from('garbage'),
      createMessageSeal(Buffer.alloc(32, 8)).seal('authz.changed', Buffer.from('forged'), now),
      seal('replica.alive', Buffer.from('of another topic'), now),
      seal('authz.changed', Buffer.from('old'), now - MESSAGE_TTL_MS - 1000),
    ];
    // What comes after the refused ones on the same connection arrives after them.
    const say = () => {
      for (const message of [...refused, genuine]) stranger.publish(subject, message);
    };
    await untilHeard(say, seen, 'genuine');
    assert.deepEqual([...new Set(seen)], ['genuine']);
    assert.ok(warnings.length > 0);
  });

  it('flow again after NATS was away, in both directions and without help', async () => {
    assert.ok(server);
    const [one, two] = await processes(2, `test-${randomUUID()}`);
    assert.ok(one && two);
    const seen = hear(two.as('authz'), 'authz.changed');
    const say = (text: string) => () => one.as('authz').publish('authz.changed', Buffer.from(text));
    await untilHeard(say('before'), seen, 'before');
    await server.kill();
    await Promise.all(links.map((each) => assert.rejects(each.ping())));
    say('meanwhile')();
    await server.start();
    await untilHeard(say('after'), seen, 'after');
    assert.ok(!seen.includes('meanwhile'), 'what was said to nobody is not said late');
  });

  it('wait for nothing at the start: a process hears as soon as NATS is there', async () => {
    assert.ok(server);
    await server.kill();
    const prefix = `test-${randomUUID()}`;
    const early = openNats({ url: server.url, name: 'early', logger: silentLogger });
    links.push(early);
    const process = createNatsBroadcast({ key: KEY, logger: silentLogger, prefix, nats: early });
    const seen = hear(process.as('authz'), 'authz.changed');
    process.as('authz').publish('authz.changed', Buffer.from('to nobody'));
    await server.start();
    await untilHeard(() => process.as('authz').publish('authz.changed', Buffer.from('now')), seen, 'now');
  });
});
