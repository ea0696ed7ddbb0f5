import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { err, ok, type Result } from '@lumo/kit';
import type { EgressFailure, EgressResponse } from '@lumo/service';
import { runInContext, systemContext } from '@lumo/tenancy';
import { fakeClock } from '@lumo/testing';
import type { ClientJwks } from '../core/client-protocol.js';
import { createRemoteKeySets } from './remote-key-sets.js';

const URI = 'https://client.example/jwks.json';
const HOUR_MS = 3600_000;

const publicKey = (kid: string) => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...publicKey.export({ format: 'jwk' }), kid };
};
const answer = (body: unknown, headers: Record<string, string> = {}): Result<EgressResponse, EgressFailure> =>
  ok({
    status: 200,
    url: URI,
    header: (name) => headers[name],
    bytes: new Uint8Array(),
    text: () => JSON.stringify(body),
    json: () => body,
  });

function stage() {
  const clock = fakeClock();
  const server = { answer: answer({ keys: [publicKey('1')] }), asked: 0, why: [] as string[] };
  const sets = createRemoteKeySets(
    {
      fetch: async () => {
        server.asked++;
        await new Promise((resolve) => setImmediate(resolve));
        return server.answer;
      },
    },
    clock,
    (_uri, why) => void server.why.push(why),
  );
  const within = <T>(work: () => T, org = 'org-1'): T =>
    runInContext(systemContext('authn', 'test', { id: org, slug: org }), work);
  return { clock, server, sets, within };
}
const kids = (jwks: ClientJwks | undefined) => jwks?.keys.map((key) => (key as { readonly kid?: unknown }).kid);

describe('key sets that clients publish', () => {
  it('are asked for once by requests at the same time, and by each org for itself', async () => {
    const { server, sets, within } = stage();
    const read = await within(() => Promise.all([1, 2, 3].map(() => sets.read(URI, undefined))));
    assert.equal(server.asked, 1);
    assert.deepEqual(kids(read[0]), ['1']);
    assert.equal(read[0], read[2]);
    await within(() => sets.read(URI, undefined), 'org-2');
    assert.equal(server.asked, 2);
  });

  it('are asked for again where the known one does not help, with a pause and three times a minute', async () => {
    const { clock, server, sets, within } = stage();
    await within(async () => {
      const first = await sets.read(URI, undefined);
      assert.equal(sets.mayDiffer(URI, first), false, 'not by the same request');
      assert.equal(sets.mayDiffer(URI, undefined), true);
      clock.advance(1000);
      assert.equal(sets.mayDiffer(URI, first), true);
      server.answer = answer({ keys: [publicKey('2')] });
      const second = await sets.read(URI, first);
      assert.deepEqual(kids(second), ['2']);
      clock.advance(1000);
      await sets.read(URI, second);
      for (let second = 3; second < 60; second++) {
        clock.advance(1000);
        await sets.read(URI, await sets.read(URI, undefined));
      }
      assert.equal(server.asked, 3);
      clock.advance(3000);
      await sets.read(URI, await sets.read(URI, undefined));
      assert.equal(server.asked, 4);
    });
  });

  it('are fresh for as long as their server says, between a minute and a day', async () => {
    const { clock, server, sets, within } = stage();
    const freshFor = async (control: string | undefined) => {
      const uri = `${URI}?${control}`;
      server.answer = answer({ keys: [publicKey('1')] }, control ? { 'cache-control': control } : {});
      const read = await sets.read(uri, undefined);
      assert.ok(read);
      let minutes = 0;
      for (; !sets.isStale(uri, read); minutes++) clock.advance(60_000);
      return minutes;
    };
    await within(async () => {
      assert.equal(await freshFor(undefined), 60);
      assert.equal(await freshFor('max-age=600'), 10);
      assert.equal(await freshFor('max-age=1'), 1);
      assert.equal(await freshFor('no-store'), 1);
      assert.equal(await freshFor('max-age=999999'), 24 * 60);
    });
  });

  it('count for a day while their server is away, and no longer', async () => {
    const { clock, server, sets, within } = stage();
    await within(async () => {
      const first = await sets.read(URI, undefined);
      server.answer = err({ reason: 'timeout' });
      clock.advance(23 * HOUR_MS);
      assert.ok(first && sets.isStale(URI, first));
      assert.equal(await sets.read(URI, undefined), first);
      clock.advance(HOUR_MS);
      assert.equal(await sets.read(URI, undefined), undefined);
      assert.deepEqual(server.why, ['timeout', 'timeout']);
    });
  });

  it('are left out key by key, or as a whole where they give a private key away', async () => {
    const { clock, server, sets, within } = stage();
    await within(async () => {
      const cases: readonly (readonly [unknown, readonly string[] | undefined])[] = [
        [{ keys: [publicKey('1'), { kty: 'EC', crv: 'secp256k1', x: 'a', y: 'b' }, 'x', { kty: 'new' }] }, ['1']],
        [{ keys: [{ ...publicKey('1'), d: 'AA' }] }, undefined],
        [{ keys: [publicKey('1'), { ...publicKey('2'), d: 'AA' }] }, undefined],
        [{ keys: [publicKey('1'), { kty: 'oct', k: 'AA' }] }, undefined],
        [{ keys: Array.from({ length: 51 }, (_, index) => publicKey(String(index))) }, undefined],
        [{ keys: [] }, undefined],
        [{ keys: {} }, undefined],
        [undefined, undefined],
        [[], undefined],
      ];
      for (const [index, [document, expected]] of cases.entries()) {
        server.answer = answer(document);
        assert.deepEqual(kids(await sets.read(`${URI}?${index}`, undefined)), expected, String(index));
        clock.advance(1);
      }
    });
  });
});
