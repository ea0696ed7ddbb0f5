import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { after, describe, it } from 'node:test';
import { authnV1, authzV1 } from '@lumo/contracts';
import { DomainError, isDomainError } from '@lumo/kit';
import {
  type ContextCodec,
  createContextCodec,
  type RequestContext,
  requireContext,
  runInContext,
} from '@lumo/tenancy';
import type { MessagingLogger } from '../logger.js';
import type { RpcTransport, RpcTransportOptions } from '../rpc/transport.js';
import { MAX_RPC_BYTES } from '../rpc/wire.js';
import { type AuthzHandlers, authzStandIn } from './authz-stand-in.js';

const CONTEXT: RequestContext = {
  org: { id: '018f0000-0000-7000-8000-000000000001', slug: 'acme' },
  principal: {
    type: 'user',
    id: 'alice',
    name: 'Älice',
    scopes: ['openid'],
    actors: [{ type: 'agent', id: 'agt_1' }],
  },
  requestId: 'req-1',
  ip: '192.0.2.1',
};

const codec = createContextCodec(Buffer.alloc(32, 7));

/**
 * What every RPC transport promises. `open` answers a transport whose calls reach its own services; the suite closes it.
 */
export function rpcContract(
  name: string,
  open: (options: RpcTransportOptions) => Promise<RpcTransport>,
  options: { readonly skip?: string | false } = {},
): void {
  describe(`${name}: the RPC contract`, { skip: options.skip ?? false }, () => {
    const opened: RpcTransport[] = [];
    after(() => Promise.all(opened.map((transport) => transport.close())));

    async function start(
      handlers: Partial<AuthzHandlers>,
      options: { codec?: ContextCodec; timeoutMs?: number; logger?: MessagingLogger } = {},
    ) {
      const transport = await open({ codec, logger: { error() {}, warn() {}, info() {} }, ...options });
      opened.push(transport);
      await transport.serve([authzStandIn(handlers)]);
      return { transport, authz: transport.rpc('agents').client(authzV1.AuthzService) };
    }

    const inContext = <T>(work: () => Promise<T>, context = CONTEXT) => runInContext(context, work);

    it('carries a message there and back', async () => {
      const { authz } = await start({
        check: async ({ subject, permissions }) => ({
          results: Object.fromEntries(permissions.map((slug) => [`${subject?.id}:${slug}`, slug !== 'no'])),
        }),
      });
      const { results } = await inContext(() =>
        authz.check({ subject: { type: authzV1.SubjectType.USER, id: 'ü' }, permissions: ['yes', 'no'] }),
      );
      assert.deepEqual(results, { 'ü:yes': true, 'ü:no': false });
    });

    it('runs the handler in the context of the caller, and in nothing else of it', async () => {
      const leak = new AsyncLocalStorage<string>();
      let seen: RequestContext | undefined;
      let leaked: string | undefined;
      const { authz } = await start({
        check: async () => {
          seen = requireContext();
          leaked = leak.getStore();
          return {};
        },
      });
      const deadlineMs = Date.now() + 3000;
      await inContext(() => leak.run('of the caller', () => authz.check({})), { ...CONTEXT, deadlineMs });
      assert.deepEqual(seen, { ...CONTEXT, deadlineMs });
      assert.equal(leaked, undefined);
    });

    it('gives a call without a deadline five seconds', async () => {
      let seen = 0;
      const { authz } = await start({
        check: async () => {
          seen = requireContext().deadlineMs ?? 0;
          return {};
        },
      });
      const before = Date.now();
      await inContext(() => authz.check({}));
      assert.ok(seen >= before + 5000 && seen <= Date.now() + 5000);
    });

    it('refuses a call outside of a context', async () => {
      const { authz } = await start({ check: async () => ({}) });
      await assert.rejects(authz.check({}), { kind: 'internal' });
    });

    it('refuses a forged and an expired context', async () => {
      let ran = false;
      const check = async () => {
        ran = true;
        return {};
      };
      const stranger = createContextCodec(Buffer.alloc(32, 8));
      const forged = await start({ check }, { codec: { ...codec, seal: stranger.seal } });
      await assert.rejects(
        inContext(() => forged.authz.check({})),
        { kind: 'unauthenticated', code: 'invalid_context', details: { reason: 'forged' } },
      );
      await forged.transport.close();
      const past: ContextCodec = { ...codec, seal: (context, nowMs) => codec.seal(context, nowMs - 61_000) };
      const expired = await start({ check }, { codec: past });
      await assert.rejects(
        inContext(() => expired.authz.check({})),
        { kind: 'unauthenticated', details: { reason: 'expired' } },
      );
      await expired.transport.close();
      assert.equal(ran, false);
    });

    it('brings a refusal back as it was, without its cause', async () => {
      const { authz } = await start({
        async check() {
          throw new DomainError('exhausted', 'rate_limited', 'Too many. Wait – then retry.', {
            details: { limit: 3, fields: ['a', 'b'], hard: true },
            retryAfterSeconds: 7,
            cause: new Error('secret'),
          });
        },
      });
      const error = await inContext(() => authz.check({})).catch((caught: unknown) => caught);
      assert.ok(isDomainError(error));
      assert.deepEqual(
        { kind: error.kind, code: error.code, message: error.message, details: error.details },
        {
          kind: 'exhausted',
          code: 'rate_limited',
          message: 'Too many. Wait – then retry.',
          details: { limit: 3, fields: ['a', 'b'], hard: true },
        },
      );
      assert.equal(error.options.retryAfterSeconds, 7);
      assert.equal(error.cause, undefined);
    });

    it('hides the text of a crash from the caller and logs it', async () => {
      const logged: object[] = [];
      const logger: MessagingLogger = { error: (fields) => void logged.push(fields), warn() {}, info() {} };
      const { authz } = await start(
        {
          check() {
            throw new TypeError('password=hunter2');
          },
        },
        { logger },
      );
      const error = await inContext(() => authz.check({})).catch((caught: unknown) => caught);
      assert.ok(isDomainError(error));
      assert.equal(error.kind, 'internal');
      assert.doesNotMatch(JSON.stringify(error) + error.message + String(error.cause), /hunter2/);
      assert.match(String((logged[0] as { err: Error }).err.message), /hunter2/);
    });

    it('gives up at the deadline', async () => {
      const over = Promise.withResolvers<Record<string, never>>();
      const { authz } = await start({ check: () => over.promise }, { timeoutMs: 150 });
      await assert.rejects(
        inContext(() => authz.check({})),
        (error: unknown) =>
          isDomainError(error) &&
          error.kind === 'unavailable' &&
          error.code === 'temporarily_unavailable' &&
          error.options.retryAfterSeconds === 1,
      );
      over.resolve({});
    });

    it('does not start what is past its deadline', async () => {
      let ran = false;
      const { authz } = await start({
        async check() {
          ran = true;
          return {};
        },
      });
      const late = { ...CONTEXT, deadlineMs: Date.now() - 1 };
      await assert.rejects(
        inContext(() => authz.check({}), late),
        { kind: 'unavailable' },
      );
      assert.equal(ran, false);
    });

    it('is unavailable where nobody answers', async () => {
      const { transport } = await start({});
      const nobody = transport.rpc('gateway').client(authnV1.AuthnService);
      await assert.rejects(
        inContext(() => nobody.resolveOrg({ key: { case: 'slug', value: 'acme' } })),
        { kind: 'unavailable', code: 'temporarily_unavailable' },
      );
    });

    it('lets a service call only whom the topology names', async () => {
      const { transport } = await start({});
      const rpc = transport.rpc('gateway');
      // @ts-expect-error gateway may not call authz
      assert.throws(() => rpc.client(authzV1.AuthzService), /topology does not let gateway call authz/);
    });

    it('keeps a thousand parallel calls apart', async () => {
      const { authz } = await start({
        check: async ({ permissions }) => {
          await new Promise((resolve) => setImmediate(resolve));
          return { results: { [`${permissions[0]}@${requireContext().requestId}`]: true } };
        },
      });
      const answers = await Promise.all(
        Array.from({ length: 1000 }, (_, i) =>
          inContext(() => authz.check({ permissions: [`p${i}`] }), { ...CONTEXT, requestId: `r${i}` }),
        ),
      );
      answers.forEach(({ results }, i) => {
        assert.deepEqual(results, { [`p${i}@r${i}`]: true });
      });
    });

    it('carries large messages, and says so where one is too large', async () => {
      const { authz } = await start({
        check: async ({ contextJson, permissions }) => {
          if (permissions[0] === 'huge') return { results: { ['x'.repeat(MAX_RPC_BYTES)]: true } };
          return { results: { [contextJson]: true } };
        },
      });
      const large = 'ß'.repeat(400_000);
      const { results } = await inContext(() => authz.check({ contextJson: large }));
      assert.equal(Object.keys(results)[0], large);
      await assert.rejects(
        inContext(() => authz.check({ contextJson: 'x'.repeat(MAX_RPC_BYTES + 1) })),
        { kind: 'invalid', code: 'request_too_large' },
      );
      await assert.rejects(
        inContext(() => authz.check({ permissions: ['huge'] })),
        { kind: 'internal' },
      );
    });

    it('finishes calls in hand when it closes, and takes no more', async () => {
      const arrived = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      const { transport, authz } = await start({
        check: async () => {
          arrived.resolve();
          await released.promise;
          return { results: { done: true } };
        },
      });
      const answer = inContext(() => authz.check({}));
      await arrived.promise;
      const closing = transport.close();
      released.resolve();
      assert.deepEqual((await answer).results, { done: true });
      await closing;
      await assert.rejects(
        inContext(() => authz.check({})),
        { kind: 'unavailable' },
      );
    });

    it('refuses an implementation that lacks a handler', async () => {
      const transport = await open({ codec, logger: { error() {}, warn() {}, info() {} } });
      opened.push(transport);
      await assert.rejects(transport.serve([authzStandIn({ check: undefined })]), /Check has no handler/);
    });
  });
}
