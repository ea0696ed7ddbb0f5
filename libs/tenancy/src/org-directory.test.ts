import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { currentContext, type Org, runInContext, systemContext } from './context.js';
import { createOrgDirectory, type OrgDirectoryOptions } from './org-directory.js';

const ACME: Org = { id: '0190a000-0000-7000-8000-00000000000a', slug: 'acme' };

function setUp(options: Partial<OrgDirectoryOptions> = {}) {
  const orgs = new Map<string, Org>([
    [ACME.slug, ACME],
    [ACME.id, ACME],
  ]);
  const loads: string[] = [];
  const time = { nowMs: 1_000_000 };
  const source = { failure: undefined as Error | undefined, gate: Promise.resolve() };
  const load = async (reference: string) => {
    loads.push(reference);
    const found = orgs.get(reference);
    await source.gate;
    if (source.failure) throw source.failure;
    return found;
  };
  const clock = { now: () => time.nowMs };
  const directory = createOrgDirectory({ loader: { bySlug: load, byId: load }, clock, ...options });
  return { directory, orgs, loads, time, source };
}

describe('org directory', () => {
  it('finds an org by slug and by id with one load', async () => {
    const { directory, loads } = setUp();
    assert.deepEqual(await directory.resolve('acme'), ACME);
    assert.deepEqual(await directory.resolve(ACME.id), ACME);
    assert.deepEqual(await directory.resolve(ACME.id.toUpperCase()), ACME);
    assert.deepEqual(loads, ['acme']);
  });

  it('asks nobody for what cannot be a slug or an id', async () => {
    const { directory, loads } = setUp();
    for (const text of ['', 'a', 'No Slug', '../etc', 'x'.repeat(200)]) {
      assert.equal(await directory.resolve(text), undefined);
    }
    assert.deepEqual(loads, []);
  });

  it('loads again when the entry is no longer fresh, and sees the change', async () => {
    const { directory, orgs, loads, time } = setUp({ freshSeconds: 30 });
    await directory.resolve('acme');
    time.nowMs += 29_999;
    await directory.resolve('acme');
    assert.equal(loads.length, 1);
    time.nowMs += 1;
    orgs.delete('acme');
    assert.equal(await directory.resolve('acme'), undefined);
    assert.equal(loads.length, 2);
  });

  it('loads once for parallel callers, outside of their contexts', async () => {
    const seen: unknown[] = [];
    const directory = createOrgDirectory({
      loader: {
        async bySlug() {
          seen.push(currentContext()?.org, currentContext()?.principal.type);
          return ACME;
        },
        byId: async () => undefined,
      },
    });
    const other: Org = { id: '0190a000-0000-7000-8000-00000000000b', slug: 'beta' };
    const found = await Promise.all(
      [1, 2, 3].map(() => runInContext(systemContext('test', 'r', other), () => directory.resolve('acme'))),
    );
    assert.deepEqual(found, [ACME, ACME, ACME]);
    assert.deepEqual(seen, [undefined, 'service']);
  });

  it('remembers a miss only briefly, so that a new org appears', async () => {
    const { directory, orgs, loads, time } = setUp({ missSeconds: 2 });
    assert.equal(await directory.resolve('newcomer'), undefined);
    orgs.set('newcomer', { ...ACME, slug: 'newcomer' });
    time.nowMs += 1_999;
    assert.equal(await directory.resolve('newcomer'), undefined);
    assert.equal(loads.length, 1);
    time.nowMs += 1;
    assert.equal((await directory.resolve('newcomer'))?.slug, 'newcomer');
  });

  it('forgets a miss as well when it is told of the org', async () => {
    const { directory, orgs } = setUp();
    assert.equal(await directory.resolve('newcomer'), undefined);
    const newcomer = { id: '0190a000-0000-7000-8000-00000000000c', slug: 'newcomer' };
    orgs.set('newcomer', newcomer);
    directory.forget(newcomer);
    assert.deepEqual(await directory.resolve('newcomer'), newcomer);
  });

  it('does not remember a load that began before it was told to forget', async () => {
    const { directory, orgs, source, loads } = setUp();
    let open = () => {};
    source.gate = new Promise((resolve) => {
      open = resolve;
    });
    const early = directory.resolve('acme');
    orgs.delete('acme');
    directory.forget(ACME);
    open();
    assert.deepEqual(await early, ACME);
    assert.equal(await directory.resolve('acme'), undefined);
    assert.equal(loads.length, 2);
  });

  it('serves what it knew while the loader fails, for a while, and never remembers the failure', async () => {
    const { directory, source, time, loads } = setUp({ freshSeconds: 30, staleSeconds: 300 });
    source.failure = new Error('down');
    await assert.rejects(directory.resolve('acme'), /down/);
    source.failure = undefined;
    assert.deepEqual(await directory.resolve('acme'), ACME);
    source.failure = new Error('down');
    time.nowMs += 299_999;
    assert.deepEqual(await directory.resolve('acme'), ACME);
    assert.equal(loads.length, 3);
    time.nowMs += 1;
    await assert.rejects(directory.resolve('acme'), /down/);
  });

  it('keeps a bounded number, and guesses push no known org out', async () => {
    const { directory, orgs, loads } = setUp({ maxEntries: 2 });
    await directory.resolve('acme');
    for (let n = 0; n < 5_000; n++) await directory.resolve(`guess-${n}`);
    loads.length = 0;
    await directory.resolve('acme');
    assert.deepEqual(loads, []);
    for (let n = 0; n < 4; n++) {
      const slug = `org-${n}`;
      orgs.set(slug, { id: `0190a000-0000-7000-8000-0000000001${n}0`, slug });
      await directory.resolve(slug);
    }
    loads.length = 0;
    await directory.resolve('acme');
    assert.deepEqual(loads, ['acme']);
  });
});
