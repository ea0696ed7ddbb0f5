import { type Clock, DomainError } from '@lumo/kit';
import { LRUCache } from 'lru-cache';
import type { SigningAlgorithm } from './algorithms.js';
import { type JwksDocument, jwksDocument } from './jwks.js';
import type { GeneratedKey, KeyManagement } from './key-management.js';
import { type MintRequest, mintJwt } from './mint-jwt.js';
import { planRotation, type RotationStep } from './plan-rotation.js';
import { MAX_KEY_SET_CACHE_SECONDS, type RotationPolicy } from './rotation-policy.js';
import type { SigningKey } from './signing-key.js';
import type { KeyChange, SigningKeyStore } from './signing-key-store.js';

export interface KeySetsOptions {
  readonly store: SigningKeyStore;
  readonly management: KeyManagement;
  /** Checked by `checkRotationPolicy`. Per org, because an org chooses its algorithms. */
  policyOf(orgId: string): RotationPolicy | Promise<RotationPolicy>;
  readonly clock: Clock;
  /** Orgs whose key sets stay in memory. */
  readonly maxOrgs?: number;
  /** How long a key set in memory is believed, at most 300. */
  readonly cacheSeconds?: number;
}

/** The signing keys of all orgs: reads through a bounded cache, makes the first keys of a new org, rotates. */
export interface KeySets {
  /** The published keys of the org (next, active, retired). Creates the first key of an org that has none. */
  keys(orgId: string): Promise<readonly SigningKey[]>;
  /**
   * The key that signs now: of `alg`, or of the first algorithm of the policy that has one.
   * @throws DomainError `invalid`/`unsupported_signing_alg` when no active key has that algorithm
   */
  active(orgId: string, alg?: SigningAlgorithm): Promise<SigningKey>;
  /** A signed compact JWT with `typ`, `alg` and `kid` in its header. */
  mint(orgId: string, request: MintRequest): Promise<string>;
  /**
   * The raw JWS signature of a key: for a library that builds its own JWTs and holds on to a key set for a while.
   * The key must be active, or have retired less than 300 s ago.
   * @throws DomainError `not_found`/`signing_key_not_found`
   */
  sign(orgId: string, kid: string, input: Uint8Array): Promise<Uint8Array>;
  jwks(orgId: string): Promise<JwksDocument>;
  /** Applies what the policy asks for now; returns the steps taken, none when nothing was due. Safe to call often. */
  rotate(orgId: string): Promise<readonly RotationStep[]>;
  /** Seals every private key of the org under the current master key; returns how many needed it. */
  reseal(orgId: string): Promise<number>;
  /** Drops the org from memory, e.g. when another process said that its keys changed. */
  forget(orgId: string): void;
}

interface Loaded {
  readonly keys: readonly SigningKey[];
  readonly untilMs: number;
}

export function createKeySets(options: KeySetsOptions): KeySets {
  const { store, management, clock, policyOf, maxOrgs = 2000, cacheSeconds = 30 } = options;
  if (cacheSeconds > MAX_KEY_SET_CACHE_SECONDS) {
    throw new DomainError('internal', 'server_error', `cacheSeconds is at most ${MAX_KEY_SET_CACHE_SECONDS}`);
  }
  const loaded = new LRUCache<string, Loaded>({ max: maxOrgs });
  const loading = new Map<string, Promise<readonly SigningKey[]>>();

  const remember = (orgId: string, keys: readonly SigningKey[]) => {
    loaded.set(orgId, { keys, untilMs: clock.now() + cacheSeconds * 1000 });
    return keys;
  };

  const applyPlan = async (orgId: string) => {
    const policy = await policyOf(orgId);
    let steps: readonly RotationStep[] = [];
    const keys = await store.change(orgId, async (current) => {
      const now = clock.now();
      steps = planRotation(current, policy, now);
      return Promise.all(steps.map((step) => toChange(step, current, now, (alg) => management.generate(orgId, alg))));
    });
    return { steps, keys: remember(orgId, keys) };
  };

  const load = async (orgId: string) => {
    const stored = await store.list(orgId);
    return stored.some((key) => key.state === 'active') ? remember(orgId, stored) : (await applyPlan(orgId)).keys;
  };

  const keys = async (orgId: string): Promise<readonly SigningKey[]> => {
    const known = loaded.get(orgId);
    if (known && known.untilMs > clock.now()) return known.keys;
    const running = loading.get(orgId);
    if (running) return running;
    const started = load(orgId).finally(() => loading.delete(orgId));
    loading.set(orgId, started);
    return started;
  };

  const active = async (orgId: string, alg?: SigningAlgorithm) => {
    const signing = (await keys(orgId)).filter((key) => key.state === 'active');
    const preferred = alg ? [alg] : (await policyOf(orgId)).algs;
    const found = preferred.map((wanted) => signing.find((key) => key.alg === wanted)).find((key) => key !== undefined);
    const key = found ?? (alg ? undefined : signing[0]);
    if (key) return key;
    throw new DomainError(
      'invalid',
      'unsupported_signing_alg',
      `This organization has no active ${alg ?? 'signing'} key. Choose one of: ${signing.map((k) => k.alg).join(', ')}.`,
    );
  };

  return {
    keys,
    active,
    rotate: async (orgId) => (await applyPlan(orgId)).steps,
    forget: (orgId) => void loaded.delete(orgId),
    jwks: async (orgId) => jwksDocument(await keys(orgId), clock.now()),
    mint: async (orgId, request) =>
      mintJwt(request, await active(orgId, request.alg), (key, input) => management.sign(orgId, key, input)),
    async sign(orgId, kid, input) {
      const key = (await keys(orgId)).find((candidate) => candidate.kid === kid);
      if (!key || !maySign(key, clock.now())) {
        throw new DomainError('not_found', 'signing_key_not_found', 'This organization has no such key that signs.');
      }
      return management.sign(orgId, key, input);
    },
    async reseal(orgId) {
      let count = 0;
      const after = await store.change(orgId, async (current) => {
        const changes: KeyChange[] = [];
        for (const key of current) {
          const privateKey = await management.reseal(orgId, key);
          if (privateKey) changes.push({ change: 'reseal', kid: key.kid, privateKey });
        }
        count = changes.length;
        return changes;
      });
      remember(orgId, after);
      return count;
    },
  };
}

function maySign({ state, retiredAt }: SigningKey, nowMs: number): boolean {
  return state === 'active' || (retiredAt !== null && nowMs - retiredAt.getTime() < MAX_KEY_SET_CACHE_SECONDS * 1000);
}

async function toChange(
  step: RotationStep,
  keys: readonly SigningKey[],
  nowMs: number,
  generate: (alg: SigningAlgorithm) => Promise<GeneratedKey>,
): Promise<KeyChange> {
  if (step.step === 'remove') return { change: 'remove', kid: step.kid };
  if (step.step === 'create') {
    const now = new Date(nowMs);
    const activatedAt = step.state === 'active' ? now : null;
    const made = await generate(step.alg);
    const dates = { createdAt: now, activatedAt, retiredAt: null, expiresAt: null };
    return { change: 'insert', key: { ...made, alg: step.alg, state: step.state, ...dates } };
  }
  const key = keys.find((candidate) => candidate.kid === step.kid);
  if (!key) throw new DomainError('internal', 'server_error', 'a rotation plan names a key that is not in the set');
  return step.step === 'activate'
    ? { change: 'update', key: { ...key, state: 'active', activatedAt: step.activatedAt } }
    : { change: 'update', key: { ...key, state: 'retired', retiredAt: step.retiredAt, expiresAt: step.expiresAt } };
}
