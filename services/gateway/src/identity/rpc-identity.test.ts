import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { authnV1 } from '@lumo/contracts';
import { DomainError } from '@lumo/kit';
import {
  createInProcessTransport,
  implement,
  type RpcHandlers,
  type RpcTransport,
  silentLogger,
} from '@lumo/messaging';
import { createContextCodec, currentContext, type RequestContext } from '@lumo/tenancy';
import type { Identity } from '../ports.js';
import { createRpcIdentity } from './rpc-identity.js';

const ORG = { id: '0192a1b2-0000-7000-8000-0000000000aa', slug: 'acme-corp' };

describe('identity over RPC', () => {
  let transport: RpcTransport;
  let identity: Identity;
  const contexts: (RequestContext | undefined)[] = [];
  let failure: DomainError | undefined;

  const noted = async <T>(value: T): Promise<T> => {
    contexts.push(currentContext());
    if (failure) throw failure;
    return value;
  };
  const handlers = {
    resolveOrg: ({ key }) => noted(key.value === ORG.slug ? { org: { ...ORG, name: 'Acme' } } : {}),
    verifyApiKey: ({ sha256 }) =>
      noted({ org: { ...ORG, name: 'Acme' }, keyId: `key_${sha256.length}`, name: 'n', scopes: ['admin:read'] }),
    verifyInstanceKey: () => noted({ keyId: 'key_i' }),
    getVerificationKeys: () => noted({ issuer: 'i', jwksJson: '{"keys":[{"kid":"k"}]}' }),
    listRevocations: ({ after }) =>
      noted({
        position: after + 4n,
        revocations: [
          { orgId: ORG.id, what: { case: 'tokenId', value: 't' }, expiresAt: 9n },
          { orgId: ORG.id, what: { case: 'subject', value: 's' }, notBefore: 5n, expiresAt: 9n },
          { orgId: ORG.id, what: { case: 'clientId', value: 'c' }, notBefore: 5n, expiresAt: 9n },
          { orgId: ORG.id, what: { case: 'grantId', value: 'g' }, expiresAt: 9n },
          // A kind that a newer service knows and this one does not.
          { orgId: ORG.id, expiresAt: 9n },
        ],
      }),
    checkOrigin: ({ origin }) => noted({ allowed: origin === 'https://app.example' }),
    getUserStatus: () => noted({ active: true }),
    getOrgPolicy: () => noted({ dpopRequireNonce: true, adminMaxAuthAgeSeconds: 300, adminAcrValues: ['a'] }),
    findAccessToken: ({ sha256, orgId }) =>
      noted(orgId === ORG.id ? { org: ORG, claimsJson: JSON.stringify({ jti: String(sha256.length) }) } : {}),
  } satisfies RpcHandlers<typeof authnV1.AuthnService>;

  before(async () => {
    transport = createInProcessTransport({ codec: createContextCodec(Buffer.alloc(32, 1)), logger: silentLogger });
    await transport.serve([implement(authnV1.AuthnService, handlers)]);
    identity = createRpcIdentity(transport.rpc('gateway'));
  });
  after(() => transport.close());

  it('finds an org and speaks as the gateway, without an org', async () => {
    contexts.length = 0;
    assert.deepEqual(await identity.findOrg('acme-corp'), ORG);
    assert.equal(contexts[0]?.principal.type, 'service');
    assert.equal(contexts[0]?.principal.id, 'gateway');
    assert.equal(contexts[0]?.org, undefined);
    assert.equal(await identity.findOrg('nobody'), undefined);
  });

  it('asks for keys and origins in the context of the org', async () => {
    contexts.length = 0;
    assert.deepEqual(await identity.verificationKeys(ORG), [{ kid: 'k' }]);
    assert.equal(await identity.allowsOrigin(ORG, 'https://app.example'), true);
    assert.equal(await identity.allowsOrigin(ORG, 'https://evil.example'), false);
    for (const context of contexts) assert.deepEqual(context?.org, ORG);
  });

  it('looks keys up by their hash', async () => {
    assert.deepEqual(await identity.findApiKey(new Uint8Array(32)), {
      org: ORG,
      keyId: 'key_32',
      name: 'n',
      scopes: ['admin:read'],
    });
    assert.equal(await identity.findInstanceKey(new Uint8Array(32)), 'key_i');
  });

  it('asks what an org demands, and what an opaque token stands for', async () => {
    const policy = { dpopRequireNonce: true, adminMaxAuthAgeSeconds: 300, adminAcrValues: ['a'] };
    assert.deepEqual(await identity.policy(ORG.id), policy);
    assert.deepEqual(await identity.findAccessToken(new Uint8Array(32), ORG.id), { org: ORG, claims: { jti: '32' } });
    assert.equal(await identity.findAccessToken(new Uint8Array(32), 'another'), undefined);
  });

  it('reads every kind of revocation, and passes over what it does not know', async () => {
    const { revocations, position } = await identity.revocationsAfter(3n);
    assert.equal(position, 7n);
    assert.deepEqual(
      revocations.map(({ what, notBeforeSeconds, expiresAtSeconds }) => [what, notBeforeSeconds, expiresAtSeconds]),
      [
        [{ kind: 'token', id: 't' }, 0, 9],
        [{ kind: 'subject', id: 's' }, 5, 9],
        [{ kind: 'client', id: 'c' }, 5, 9],
        [{ kind: 'grant', id: 'g' }, 0, 9],
      ],
    );
  });

  it('turns "no such thing" into undefined, and nothing else', async () => {
    for (const kind of ['not_found', 'unauthenticated'] as const) {
      failure = new DomainError(kind, 'x', 'x');
      assert.equal(await identity.findOrg('acme-corp'), undefined);
      assert.equal(await identity.findApiKey(new Uint8Array(32)), undefined);
      assert.equal(await identity.findInstanceKey(new Uint8Array(32)), undefined);
    }
    failure = new DomainError('unavailable', 'temporarily_unavailable', 'x');
    await assert.rejects(identity.findOrg('acme-corp'), { kind: 'unavailable' });
    await assert.rejects(identity.findApiKey(new Uint8Array(32)), { kind: 'unavailable' });
    failure = undefined;
  });
});
