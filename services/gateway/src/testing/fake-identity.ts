import { createHash } from 'node:crypto';
import type { Org } from '@lumo/tenancy';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Revocation } from '../core/revocation-view.js';
import type { Identity, KnownApiKey, OrgPolicy } from '../ports.js';

/** An identity service in memory, with everything a test may change while the gateway runs. */
export interface FakeIdentity extends Identity {
  readonly acme: Org;
  readonly globex: Org;
  /** Counts of the calls by name. */
  readonly calls: Record<keyof Identity, number>;
  /** When set, every call rejects with it. */
  failure: Error | undefined;
  addApiKey(key: string, known: Omit<KnownApiKey, 'name'>): void;
  removeApiKey(key: string): void;
  addInstanceKey(key: string, keyId: string): void;
  allowOrigin(org: Org, origin: string): void;
  setPolicy(org: Org, policy: Partial<OrgPolicy>): void;
  /** Makes the token stand for these claims. */
  addOpaqueToken(org: Org, token: string, claims: Record<string, unknown>): void;
  revoke(revocation: Revocation): void;
  /** An access token of the org, one hour long; `claims` and `header` change or remove (undefined) what it says. */
  mint(org: Org, claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
  issuer(org: Org): string;
}

const LENIENT: OrgPolicy = { dpopRequireNonce: false, adminAcrValues: [] };

export const ALICE = '0192a1b2-0000-7000-8000-00000000a11c';

export async function createFakeIdentity(baseUrl: string): Promise<FakeIdentity> {
  const acme: Org = { id: '0192a1b2-0000-7000-8000-0000000000aa', slug: 'acme-corp' };
  const globex: Org = { id: '0192a1b2-0000-7000-8000-0000000000bb', slug: 'globex' };
  const orgs = [acme, globex];
  const keys = new Map(
    await Promise.all(
      orgs.map(async (org) => {
        const pair = await generateKeyPair('ES256');
        const jwk = { ...(await exportJWK(pair.publicKey)), kid: `kid-${org.slug}`, alg: 'ES256', use: 'sig' };
        return [org.id, { jwk, privateKey: pair.privateKey }] as const;
      }),
    ),
  );
  const apiKeys = new Map<string, KnownApiKey>();
  const instanceKeys = new Map<string, string>();
  const origins = new Set<string>();
  const policies = new Map<string, OrgPolicy>();
  const opaque = new Map<string, { readonly org: Org; readonly claims: Record<string, unknown> }>();
  const revocations: Revocation[] = [];
  const calls = {
    findOrg: 0,
    verificationKeys: 0,
    findApiKey: 0,
    findInstanceKey: 0,
    revocationsAfter: 0,
    allowsOrigin: 0,
    policy: 0,
    findAccessToken: 0,
  };
  const answer = async <T>(name: keyof Identity, value: () => T): Promise<T> => {
    calls[name] += 1;
    if (identity.failure) throw identity.failure;
    return value();
  };
  const digest = (key: string | Uint8Array) =>
    typeof key === 'string' ? createHash('sha256').update(key).digest('hex') : Buffer.from(key).toString('hex');
  const issuer = (org: Org) => `${baseUrl}/orgs/${org.slug}/api/v1`;

  const identity: FakeIdentity = {
    acme,
    globex,
    calls,
    failure: undefined,
    findOrg: (slug) => answer('findOrg', () => orgs.find((org) => org.slug === slug)),
    verificationKeys: (org) => answer('verificationKeys', () => [keys.get(org.id)?.jwk]),
    findApiKey: (sha256) => answer('findApiKey', () => apiKeys.get(digest(sha256))),
    findInstanceKey: (sha256) => answer('findInstanceKey', () => instanceKeys.get(digest(sha256))),
    revocationsAfter: (position) =>
      answer('revocationsAfter', () => ({
        revocations: revocations.slice(Number(position)),
        position: BigInt(revocations.length),
      })),
    allowsOrigin: (org, origin) => answer('allowsOrigin', () => origins.has(`${org.id} ${origin}`)),
    policy: (orgId) => answer('policy', () => policies.get(orgId) ?? LENIENT),
    findAccessToken: (sha256, orgId) =>
      answer('findAccessToken', () => {
        const found = opaque.get(digest(sha256));
        return found?.org.id === orgId ? found : undefined;
      }),
    setPolicy: ({ id }, policy) => void policies.set(id, { ...LENIENT, ...policy }),
    addOpaqueToken: (org, token, claims) => void opaque.set(digest(token), { org, claims }),
    addApiKey: (key, known) => void apiKeys.set(digest(key), { ...known, name: 'test key' }),
    removeApiKey: (key) => void apiKeys.delete(digest(key)),
    addInstanceKey: (key, keyId) => void instanceKeys.set(digest(key), keyId),
    allowOrigin: (org, origin) => void origins.add(`${org.id} ${origin}`),
    revoke: (revocation) => void revocations.push(revocation),
    issuer,
    async mint(org, claims = {}, header = {}) {
      const signing = keys.get(org.id);
      if (!signing) throw new Error(`no key of ${org.slug}`);
      const now = Math.floor(Date.now() / 1000);
      const all: Record<string, unknown> = {
        iss: issuer(org),
        sub: ALICE,
        aud: 'cli_spa',
        client_id: 'cli_spa',
        scope: 'openid profile',
        jti: `jti-${Math.random().toString(36).slice(2)}`,
        iat: now,
        exp: now + 3600,
        ...claims,
      };
      return new SignJWT(Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)))
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: `kid-${org.slug}`, ...header })
        .sign(signing.privateKey);
    },
  };
  return identity;
}
