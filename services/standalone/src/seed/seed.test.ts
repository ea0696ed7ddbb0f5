import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Bootstrap } from './bootstrap.js';
import { seed } from './seed.js';

const FILLED: Bootstrap = {
  baseUrl: 'http://localhost:8000',
  org: 'acme-corp',
  issuer: 'http://localhost:8000/orgs/acme-corp/api/v1',
  admin: { email: 'admin@acme-corp.example', password: 'admin password' },
  alice: { email: 'alice@acme-corp.example', password: 'alice password' },
  apiKey: 'lmk_key',
  instanceKey: 'lmi_key',
  clients: { spa: { clientId: 'cli_spa', redirectUris: [] }, m2m: { clientId: 'cli_m2m', clientSecret: 'cs_secret' } },
  agent: { clientId: 'agt_agent', clientSecret: 'lmas_secret' },
};

describe('seed of an installation that was filled before', () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'lumo-seed-'));
  });
  after(() => rm(dir, { recursive: true }));

  for (const baseUrl of ['http://localhost:8000', 'http://localhost:8010']) {
    it(`calls nothing, keeps the secrets, and names the issuer at ${baseUrl}`, async () => {
      const bootstrapFile = join(dir, 'bootstrap.json');
      await writeFile(bootstrapFile, JSON.stringify(FILLED));
      const bootstrap = await seed({
        api: { call: () => Promise.reject(new Error('called')) },
        baseUrl,
        instanceKey: FILLED.instanceKey,
        bootstrapFile,
        seedFile: join(dir, 'bootstrap.incomplete.json'),
      });
      assert.deepEqual(bootstrap, { ...FILLED, baseUrl, issuer: `${baseUrl}/orgs/acme-corp/api/v1` });
      assert.deepEqual(JSON.parse(await readFile(bootstrapFile, 'utf8')), bootstrap);
    });
  }
});
