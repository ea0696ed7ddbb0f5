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
  /**
   * Makes sure that an active key of an algorithm is there, for a client that asks for it. The first key of an algorithm
   * signs at once: nobody knows an older one, and a verifier that meets a new `kid` reads the JWKS again.
   * @throws DomainError `invalid`/`unsupported_signing_alg` for an algorithm that the org's policy does not name
   */
  ensure(orgId: string, alg: SigningAlgorithm): Promise<void>;
  /**
   * Publishes a successor of the active key of `alg`, made here or imported as PKCS #8. It takes over by itself after
   * `publishSeconds`, or at once where `atOnce` says so (a verifier with an older JWKS then has to read it again).
   * @throws DomainError `conflict`/`signing_key_pending` where a successor is published already
   */
  succeed(orgId: string, request: Succession): Promise<SigningKey>;
  /**
   * Takes a key out of the JWKS now: what it signed is refused from then on, as soon as verifiers read the JWKS again.
   * @throws DomainError `conflict`/`signing_key_in_use` for an active key, `not_found`/`signing_key_not_found`
   */
  remove(orgId: string, kid: string): Promise<void>;
  /** Seals every private key of the org under the current master key; returns how many needed it. */
  reseal(orgId: string): Promise<number>;
  /** Drops the org from memory, e.g. when another process said that its keys changed. */
  forget(orgId: string): void;
}

/** How an active key gets its successor. */
export interface Succession {
  readonly alg: SigningAlgorithm;
  readonly pkcs8?: Buffer;
  readonly atOnce: boolean;
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

  const requireAllowed = async (orgId: string, alg: SigningAlgorithm) => {
    const { algs, onDemand = [] } = await policyOf(orgId);
    const allowed = [...algs, ...onDemand];
    if (allowed.includes(alg)) return;
    throw new DomainError(
      'invalid',
      'unsupported_signing_alg',
      `This organization does not sign with ${alg}. Choose one of: ${allowed.join(', ')}.`,
    );
  };

  return {
    keys,
    active,
    async ensure(orgId, alg) {
      await requireAllowed(orgId, alg);
      const signs = (key: SigningKey) => key.alg === alg && key.state === 'active';
      if ((await keys(orgId)).some(signs)) return;
      const after = await store.change(orgId, async (current) => {
        if (current.some(signs)) return [];
        return [{ change: 'insert', key: newKey(alg, 'active', await management.generate(orgId, alg), clock.now()) }];
      });
      remember(orgId, after);
    },
    async succeed(orgId, { alg, pkcs8, atOnce }) {
      await requireAllowed(orgId, alg);
      const policy = await policyOf(orgId);
      const made = pkcs8 ? await management.import(orgId, alg, pkcs8) : await management.generate(orgId, alg);
      const after = await store.change(orgId, async (current) => {
        const now = clock.now();
        const ofAlg = current.filter((key) => key.alg === alg);
        const pending = ofAlg.filter((key) => key.state === 'next');
        if (!atOnce && pending.length > 0) {
          throw new DomainError(
            'conflict',
            'signing_key_pending',
            'A successor is published already. Let it take over, or remove it first.',
          );
        }
        const active = ofAlg.filter((key) => key.state === 'active');
        const signsNow = atOnce || active.length === 0;
        const expiresAt = new Date(now + policy.overlapSeconds * 1000);
        return [
          { change: 'insert', key: newKey(alg, signsNow ? 'active' : 'next', made, now) },
          ...(atOnce ? [...active, ...pending] : []).map(
            (key): KeyChange => ({
              change: 'update',
              key: { ...key, state: 'retired', retiredAt: new Date(now), expiresAt },
            }),
          ),
        ];
      });
      remember(orgId, after);
      const key = after.find(({ kid }) => kid === made.kid);
      if (!key) throw new DomainError('internal', 'server_error', 'a key that was stored is not in the set');
      return key;
    },
    async remove(orgId, kid) {
      const after = await store.change(orgId, async (current) => {
        const key = current.find((candidate) => candidate.kid === kid);
        if (!key) throw new DomainError('not_found', 'signing_key_not_found', 'This organization has no such key.');
        if (key.state === 'active') {
          throw new DomainError(
            'conflict',
            'signing_key_in_use',
            'This key signs now. Rotate at once first, then remove it.',
          );
        }
        return [{ change: 'remove', kid }];
      });
      remember(orgId, after);
    },
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

function newKey(alg: SigningAlgorithm, state: 'next' | 'active', made: GeneratedKey, nowMs: number): SigningKey {
  const now = new Date(nowMs);
  const activatedAt = state === 'active' ? now : null;
  return { ...made, alg, state, createdAt: now, activatedAt, retiredAt: null, expiresAt: null };
}

async function toChange(
  step: RotationStep,
  keys: readonly SigningKey[],
  nowMs: number,
  generate: (alg: SigningAlgorithm) => Promise<GeneratedKey>,
): Promise<KeyChange> {
  if (step.step === 'remove') return { change: 'remove', kid: step.kid };
  if (step.step === 'create') {
    return { change: 'insert', key: newKey(step.alg, step.state, await generate(step.alg), nowMs) };
  }
  const key = keys.find((candidate) => candidate.kid === step.kid);
  if (!key) throw new DomainError('internal', 'server_error', 'a rotation plan names a key that is not in the set');
  return step.step === 'activate'
    ? { change: 'update', key: { ...key, state: 'active', activatedAt: step.activatedAt } }
    : { change: 'update', key: { ...key, state: 'retired', retiredAt: step.retiredAt, expiresAt: step.expiresAt } };
}
