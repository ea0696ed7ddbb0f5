import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Program, programEnvironment, startProgram } from '../../shapes/program.js';
import type { Bootstrap } from '../../shapes/shape.js';
import { type Standalone, startStandalone } from '../../shapes/standalone.js';
import { createHttp } from '../../support/http.js';

const CLI = 'services/standalone/dist/cli/main.js';

/** `npm run lumo -- …`, as the bootstrap runs it. */
describe('The command of the operator', () => {
  let standalone: Standalone;
  before(async () => {
    standalone = await startStandalone();
  });
  after(() => standalone?.stop());

  async function lumo(args: readonly string[], settings?: Readonly<Record<string, string>>): Promise<Program> {
    const env = programEnvironment(settings ?? { LUMO_DATA_DIR: standalone.dataDir });
    const program = startProgram({ args: [CLI, ...args], env });
    await program.ended;
    return program;
  }
  const succeeds = async <T>(...args: string[]): Promise<T> => {
    const program = await lumo(args);
    assert.equal(program.child.exitCode, 0, program.output());
    return JSON.parse(program.output()) as T;
  };
  const refused = async (args: readonly string[], why: RegExp, settings?: Readonly<Record<string, string>>) => {
    const program = await lumo(args, settings);
    assert.ok(program.child.exitCode, `${args.join(' ')} ends with a code`);
    assert.match(program.output(), why);
    assert.doesNotMatch(program.output(), /\n\s+at /, 'a sentence, not a stack');
  };

  it('org create makes an org and prints a key that works there', async () => {
    const org = await succeeds<{ slug: string; apiKey: { key: string } }>(
      'org',
      'create',
      'globex',
      '--name',
      'Globex',
    );
    const http = createHttp(standalone.baseUrl);
    const answer = await http.send('GET', '/orgs/globex/api/v1/admin/users', { apiKey: org.apiKey.key });
    assert.equal(answer.expect(200).json<{ meta: { total: number } }>().meta.total, 0);
    (await http.send('GET', '/orgs/acme-corp/api/v1/admin/users', { apiKey: org.apiKey.key })).expect(403);
  });

  it('org list and org key', async () => {
    const orgs = await succeeds<readonly { slug: string }[]>('org', 'list');
    assert.deepEqual(orgs.map(({ slug }) => slug).sort(), ['acme-corp', 'globex']);
    const { key } = await succeeds<{ key: string }>('org', 'key', 'globex');
    const answer = await createHttp(standalone.baseUrl).send('GET', '/orgs/globex/api/v1/admin/users', { apiKey: key });
    answer.expect(200);
  });

  it('says what is wrong in words', async () => {
    await refused(['org', 'create', 'globex'], /belongs to another organization/);
    await refused(['org', 'create', 'Not A Slug'], /lower-case/);
    await refused(['org', 'create'], /wants a slug/);
    await refused(['org', 'key', 'nobody'], /no such/i);
    await refused(['no', 'such'], /unknown command/);
    await refused(['org', 'list', '--wrong'], /--wrong/);
    await refused(['seed', '--out', join(standalone.dataDir, 'x.json')], /empty/);
    await refused(['org', 'list'], /bootstrap\.json/, { LUMO_DATA_DIR: join(standalone.dataDir, 'nothing') });
  });

  it('seed leaves an installation that is in use alone, and its file to its owner', async () => {
    const { mode } = await stat(join(standalone.dataDir, 'bootstrap.json'));
    assert.equal(mode & 0o777, 0o600);
    const http = createHttp(standalone.baseUrl);
    const bootstrap: Bootstrap = standalone.bootstrap;
    (await http.send('GET', '/orgs/acme-corp/api/v1/admin/users', { apiKey: bootstrap.apiKey })).expect(200);
  });
});
