import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SigningAlgorithm } from './algorithms.js';
import { planRotation, type RotationStep } from './plan-rotation.js';
import { checkRotationPolicy, DEFAULT_ROTATION_POLICY, type RotationPolicy } from './rotation-policy.js';
import type { SigningKey, SigningKeyState } from './signing-key.js';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 0, 1);
const POLICY: RotationPolicy = { ...DEFAULT_ROTATION_POLICY };

function key(kid: string, state: SigningKeyState, ageDays: number, more: Partial<SigningKey> = {}): SigningKey {
  const at = new Date(NOW - ageDays * DAY_MS);
  const alg: SigningAlgorithm = more.alg ?? 'ES256';
  return {
    kid,
    alg,
    state,
    publicJwk: { kty: 'EC', kid, alg, use: 'sig' },
    privateKey: { masterKeyId: 'm', sealed: new Uint8Array() },
    createdAt: at,
    activatedAt: state === 'next' ? null : at,
    retiredAt: state === 'retired' ? at : null,
    expiresAt: state === 'retired' ? new Date(at.getTime() + 2 * DAY_MS) : null,
    ...more,
  };
}

const brief = (steps: readonly RotationStep[]) =>
  steps.map((step) => (step.step === 'create' ? `create ${step.alg} ${step.state}` : `${step.step} ${step.kid}`));

describe('planRotation', () => {
  const both: RotationPolicy = { ...POLICY, algs: ['ES256', 'RS256'] };
  const onDemand: RotationPolicy = { ...POLICY, onDemand: ['RS256'] };
  const cases: readonly [string, readonly SigningKey[], readonly string[], RotationPolicy?][] = [
    ['a new org signs at once', [], ['create ES256 active']],
    ['a new org signs with every algorithm at once', [], ['create ES256 active', 'create RS256 active'], both],
    ['a young key stays', [key('a', 'active', 10)], []],
    ['a successor is published a day before it is due', [key('a', 'active', 89)], ['create ES256 next']],
    ['a published successor is not published twice', [key('a', 'active', 89.5), key('b', 'next', 0.5)], []],
    ['a due key waits for its successor to ripen', [key('a', 'active', 200), key('b', 'next', 0.9)], []],
    ['a late rotation publishes first', [key('a', 'active', 200)], ['create ES256 next']],
    ['hand-over', [key('a', 'active', 90), key('b', 'next', 1)], ['activate b', 'retire a']],
    [
      'a ripe successor that was asked for takes over',
      [key('a', 'active', 5), key('b', 'next', 1)],
      ['activate b', 'retire a'],
    ],
    ['an algorithm on demand waits for the demand', [key('a', 'active', 1)], [], onDemand],
    [
      'an algorithm on demand rotates once it has a key',
      [key('a', 'active', 1), key('r', 'active', 89, { alg: 'RS256' })],
      ['create RS256 next'],
      onDemand,
    ],
    [
      'an algorithm on demand that has only retired keys is not started again',
      [key('a', 'active', 1), key('r', 'retired', 1, { alg: 'RS256' })],
      [],
      onDemand,
    ],
    ['a retired key stays through the overlap', [key('a', 'active', 1), key('z', 'retired', 1.9)], []],
    ['a retired key goes after the overlap', [key('a', 'active', 1), key('z', 'retired', 2)], ['remove z']],
    ['without a key that signs an unripe successor takes over', [key('b', 'next', 0.1)], ['activate b']],
    ['only retired keys: a new one signs at once', [key('z', 'retired', 1)], ['create ES256 active']],
    ['a second algorithm is published before use', [key('a', 'active', 1)], ['create RS256 next'], both],
    ['a second algorithm ripens', [key('a', 'active', 1), key('r', 'next', 1, { alg: 'RS256' })], ['activate r'], both],
    [
      'an unripe second algorithm waits while the first signs',
      [key('a', 'active', 1), key('r', 'next', 0.5, { alg: 'RS256' })],
      [],
      both,
    ],
    [
      'an algorithm that left the policy retires',
      [key('a', 'active', 1), key('r', 'active', 1, { alg: 'RS256' }), key('s', 'next', 1, { alg: 'RS256' })],
      ['retire r', 'remove s'],
    ],
    [
      'the last key that signs is not retired before another signs',
      [key('r', 'active', 1, { alg: 'RS256' })],
      ['create ES256 next'],
    ],
    ['of two active keys the newer stays', [key('a', 'active', 5), key('b', 'active', 3)], ['retire a']],
  ];
  for (const [name, keys, steps, policy = POLICY] of cases) {
    it(name, () => assert.deepEqual(brief(planRotation(keys, policy, NOW)), steps));
  }

  it('a retired key expires after the overlap', () => {
    const plan = planRotation([key('a', 'active', 90), key('b', 'next', 1)], POLICY, NOW);
    const retire = plan.find((step) => step.step === 'retire');
    assert.deepEqual(retire, {
      step: 'retire',
      kid: 'a',
      retiredAt: new Date(NOW),
      expiresAt: new Date(NOW + 2 * DAY_MS),
    });
  });

  it('over three years, run at odd moments, no key signs unpublished and none vanishes early', () => {
    const policy: RotationPolicy = { ...POLICY, algs: ['ES256', 'PS256'] };
    let keys: readonly SigningKey[] = [];
    let made = 0;
    let handOvers = 0;
    const born = NOW;
    for (let now = NOW; now < NOW + 3 * 365 * DAY_MS; now += (0.3 + ((now / DAY_MS) % 7)) * 3_600_000) {
      for (const step of planRotation(keys, policy, now)) {
        const target = step.step === 'create' ? undefined : keys.find(({ kid }) => kid === step.kid);
        if (step.step === 'create') {
          made += 1;
          assert.ok(step.state === 'next' || now === born);
          const fresh = key(`k${made}`, step.state, 0, { alg: step.alg });
          const at = new Date(now);
          keys = [...keys, { ...fresh, createdAt: at, activatedAt: step.state === 'active' ? at : null }];
        } else if (step.step === 'activate') {
          handOvers += 1;
          assert.ok(target && now - target.createdAt.getTime() >= policy.publishSeconds * 1000);
          keys = keys.map((k) => (k === target ? { ...k, state: 'active', activatedAt: step.activatedAt } : k));
        } else if (step.step === 'retire') {
          const { retiredAt, expiresAt } = step;
          keys = keys.map((k) => (k === target ? { ...k, state: 'retired', retiredAt, expiresAt } : k));
        } else {
          assert.ok(target?.retiredAt && now - target.retiredAt.getTime() >= policy.overlapSeconds * 1000);
          keys = keys.filter((k) => k !== target);
        }
      }
      for (const alg of policy.algs) {
        assert.equal(keys.filter((k) => k.alg === alg && k.state === 'active').length, 1);
      }
      assert.deepEqual(planRotation(keys, policy, now), [], 'a plan that was carried out leaves nothing to do');
    }
    assert.ok(handOvers >= 20);
  });
});

describe('checkRotationPolicy', () => {
  const cases: readonly [string, Partial<RotationPolicy>, RegExp][] = [
    ['a JWKS that verifiers still hold', { publishSeconds: 3900 }, /publishSeconds/],
    ['an overlap shorter than a token', { overlapSeconds: 86_400 }, /overlapSeconds/],
    ['rotation faster than publication', { rotateSeconds: 86_400 }, /rotateSeconds/],
    ['an algorithm named twice', { algs: ['ES256', 'ES256'] }, /algs/],
    ['an algorithm on demand that is there anyway', { onDemand: ['ES256'] }, /algs/],
  ];
  for (const [name, change, message] of cases) {
    it(`refuses ${name}`, () => {
      assert.throws(() => checkRotationPolicy({ ...POLICY, ...change }, 86_400), message);
    });
  }
  it('accepts the default', () => assert.equal(checkRotationPolicy(POLICY, 86_400), POLICY));
});
