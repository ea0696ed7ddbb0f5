import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { currentContext, runInContext, systemContext } from '@lumo/tenancy';
import {
  type Broadcast,
  type BroadcastTransport,
  type BroadcastTransportOptions,
  MAX_BROADCAST_BYTES,
} from '../broadcast/broadcast.js';
import { silentLogger } from '../logger.js';

export type OpenBroadcast = (options: BroadcastTransportOptions) => Promise<BroadcastTransport>;

const OPTIONS: BroadcastTransportOptions = { key: Buffer.alloc(32, 7), logger: silentLogger };

/** What every broadcast adapter promises. `open` answers one that shares its messages with nobody else. */
export function broadcastContract(
  name: string,
  open: OpenBroadcast,
  options: { readonly skip?: string | false } = {},
): void {
  describe(`${name}: the broadcast contract`, { skip: options.skip ?? false }, () => {
    const opened: BroadcastTransport[] = [];
    after(() => Promise.all(opened.map((transport) => transport.close())));

    async function start(more: Partial<BroadcastTransportOptions> = {}): Promise<BroadcastTransport> {
      const transport = await open({ ...OPTIONS, ...more });
      opened.push(transport);
      return transport;
    }

    it('brings a message to every handler of the topic, whichever service has it, and to no other topic', async () => {
      const transport = await start();
      const authz = transport.as('authz');
      const here = hear(authz, 'authz.changed');
      const there = hear(authz, 'authz.changed');
      const other = hear(transport.as('gateway'), 'replica.alive');
      await untilHeard(() => authz.publish('authz.changed', Buffer.from('ü 1')), here, 'ü 1');
      await untilHeard(() => authz.publish('replica.alive', Buffer.from('alive')), other, 'alive');
      await untilHeard(() => {}, there, 'ü 1');
      assert.ok(!here.includes('alive') && !there.includes('alive') && !other.includes('ü 1'));
    });

    it('lets nobody wait where nobody listens', async () => {
      const transport = await start();
      transport.as('authz').publish('authz.changed', Buffer.from('to nobody'));
    });

    it('calls no handler before publish returned, and the body is free for other use at once', async () => {
      const transport = await start();
      const authz = transport.as('authz');
      const seen = hear(authz, 'authz.changed');
      await untilHeard(() => authz.publish('authz.changed', Buffer.from('warm')), seen, 'warm');
      const body = Buffer.from('first');
      const before = seen.length;
      authz.publish('authz.changed', body);
      body.fill('x');
      assert.equal(seen.length, before);
      await untilHeard(() => {}, seen, 'first');
    });

    it('brings nothing to a handler that was taken back, and goes on with the others', async () => {
      const authz = (await start()).as('authz');
      const gone: string[] = [];
      const staying = hear(authz, 'authz.changed');
      const stop = authz.subscribe('authz.changed', (body) => void gone.push(Buffer.from(body).toString()));
      await untilHeard(() => authz.publish('authz.changed', Buffer.from('one')), gone, 'one');
      stop();
      await untilHeard(() => authz.publish('authz.changed', Buffer.from('two')), staying, 'two');
      assert.ok(!gone.includes('two'));
    });

    it('keeps what a handler throws, now or later, from everybody else', async () => {
      const errors: object[] = [];
      const logger = { ...silentLogger, error: (fields: object) => void errors.push(fields) };
      const authz = (await start({ logger })).as('authz');
      authz.subscribe('authz.changed', () => {
        throw new Error('at once');
      });
      authz.subscribe('authz.changed', () => Promise.reject(new Error('later')));
      const seen = hear(authz, 'authz.changed');
      await untilHeard(() => authz.publish('authz.changed', Buffer.from('one')), seen, 'one');
      await untilHeard(() => authz.publish('authz.changed', Buffer.from('two')), seen, 'two');
      const texts = errors.map((fields) => String((fields as { err: Error }).err.message));
      assert.ok(texts.includes('at once') && texts.includes('later'));
    });

    it('runs handlers outside of the context of whoever published', async () => {
      const authz = (await start()).as('authz');
      let inside: unknown = 'not called';
      authz.subscribe('authz.changed', () => {
        inside = currentContext();
      });
      const seen = hear(authz, 'authz.changed');
      await untilHeard(
        () =>
          runInContext(systemContext('authz', 'req-1'), () => authz.publish('authz.changed', Buffer.from('context'))),
        seen,
        'context',
      );
      assert.equal(inside, undefined);
    });

    it('carries the largest message, and refuses a larger one', async () => {
      const authz = (await start()).as('authz');
      const lengths: string[] = [];
      authz.subscribe('authz.changed', (body) => void lengths.push(String(body.length)));
      const largest = Buffer.alloc(MAX_BROADCAST_BYTES, 1);
      await untilHeard(() => authz.publish('authz.changed', largest), lengths, String(MAX_BROADCAST_BYTES));
      assert.throws(() => authz.publish('authz.changed', Buffer.alloc(MAX_BROADCAST_BYTES + 1)), RangeError);
    });

    it('refuses topics that the topology does not give the service', async () => {
      const transport = await start();
      // What a type error shows first, said without types.
      const gateway = transport.as('gateway') as Broadcast;
      assert.throws(() => gateway.publish('authz.changed', Buffer.from('x')), /BROADCASTS/);
      assert.throws(() => gateway.subscribe('authz.changed', () => {}), /BROADCASTS/);
      gateway.subscribe('replica.alive', () => {});
    });

    it('is silent after it was closed', async () => {
      const transport = await open(OPTIONS);
      const authz = transport.as('authz');
      const seen = hear(authz, 'authz.changed');
      await untilHeard(() => authz.publish('authz.changed', Buffer.from('one')), seen, 'one');
      await transport.close();
      authz.publish('authz.changed', Buffer.from('two'));
      await delay(50);
      assert.ok(!seen.includes('two'));
    });
  });
}

/** The texts that arrive on a topic. */
export function hear(broadcast: Broadcast, topic: 'authz.changed' | 'replica.alive'): readonly string[] {
  const seen: string[] = [];
  broadcast.subscribe(topic, (body) => void seen.push(Buffer.from(body).toString()));
  return seen;
}

/** Says it again until it was heard: a subscription counts from a moment on that nobody names. */
export async function untilHeard(say: () => void, seen: readonly string[], text: string): Promise<void> {
  for (let attempt = 0; attempt < 1000; attempt += 1) {
    say();
    for (let wait = 0; wait < 20; wait += 1) {
      if (seen.includes(text)) return;
      await delay(1);
    }
  }
  throw new Error(`nobody heard ${text}`);
}
