import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { checkArchitecture, describeViolation } from './check-architecture.js';

const SOUND: Readonly<Record<string, string>> = {
  'libs/kit/package.json': '{"name":"@lumo/kit"}',
  'libs/kit/src/index.ts': "import { randomBytes } from 'node:crypto';\n",
  'libs/database/package.json': '{"name":"@lumo/database"}',
  'libs/database/src/index.ts':
    "import { ok } from '@lumo/kit';\nconst set = \"set_config('app.org_id', $1, false)\";\n",
  'services/authz/package.json': '{"name":"@lumo/authz"}',
  'services/authz/src/core/decide.ts':
    "import { ok } from '@lumo/kit';\nimport { isIP } from 'node:net';\nimport './rules/role.js';\n",
  'services/authz/src/app/check.ts':
    "import type { App } from '../ports.js';\nimport { decide } from '../core/decide.js';\nimport { requireOrg } from '@lumo/tenancy';\n",
  'services/authz/src/store/role-store.ts':
    "import { sql } from 'kysely';\nimport type { RoleStore } from '../ports.js';\nimport type { Database } from '@lumo/database';\n",
  'services/authz/src/http/check.controller.ts':
    "import { z } from 'zod';\nimport type { AuthzApp } from '../app.js';\nimport { Handles } from '@lumo/service';\n",
  'services/authz/src/http/check.test.ts':
    "import { testDatabase } from '@lumo/testing';\nimport '../store/role-store.js';\n",
  'services/authz/src/app.ts':
    "import { roleStore } from './store/role-store.js';\nimport { check } from './app/check.js';\n",
  'services/agents/package.json': '{"name":"@lumo/agents"}',
  'services/agents/src/index.ts': "import { ok } from '@lumo/kit';\n",
  'services/gateway/package.json': '{"name":"@lumo/gateway"}',
  'services/gateway/src/forward/proxy.ts': "import { Pool } from 'undici';\n",
  'services/gateway/src/server/listen.ts':
    "import { createServer } from 'node:http';\nimport type { Dispatcher } from 'undici';\nawait egress.fetch(url); // never fetch(url)\n",
  'services/standalone/package.json': '{"name":"@lumo/standalone"}',
  'services/standalone/src/main.ts': "import { authz } from '@lumo/authz';\n",
};

describe('the architecture test', () => {
  let root: string;
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  const check = async () => (await checkArchitecture(root)).violations.map(describeViolation);

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'lumo-architecture-'));
    for (const [path, text] of Object.entries(SOUND)) await write(path, text);
  });
  after(() => rm(root, { recursive: true }));

  it('finds nothing in a workspace that keeps the table', async () => {
    assert.deepEqual(await check(), []);
    assert.equal(
      (await checkArchitecture(root)).files,
      Object.keys(SOUND).filter((path) => path.endsWith('.ts')).length,
    );
  });

  const planted: readonly [path: string, text: string, message: RegExp][] = [
    [
      'services/authz/src/core/decide.ts',
      "\nimport { sql } from 'kysely';\n",
      /core\/decide\.ts:2 kysely: core is pure/,
    ],
    [
      'services/authz/src/core/decide.ts',
      "import { readFile } from 'node:fs/promises';\n",
      /node:fs\/promises: core is pure/,
    ],
    ['services/authz/src/core/decide.ts', "import { connect } from 'node:net';\n", /node:net: core is pure/],
    [
      'services/authz/src/core/decide.ts',
      "import { check } from '../app/check.js';\n",
      /\.\.\/app\/check\.js: core is pure/,
    ],
    [
      'services/authz/src/core/rules/role.ts',
      "import type { Ports } from '../../ports.js';\n",
      /\.\.\/\.\.\/ports\.js: core is pure/,
    ],
    [
      'services/authz/src/app/check.ts',
      "import { roleStore } from '../store/role-store.js';\n",
      /\.\.\/store\/role-store\.js: an operation/,
    ],
    [
      'services/authz/src/app/check.ts',
      "import { openDatabase } from '@lumo/database';\n",
      /@lumo\/database: an operation/,
    ],
    ['services/authz/src/app/check.ts', "const { sql } = await import('kysely');\n", /kysely: an operation/],
    [
      'services/authz/src/store/role-store.ts',
      "import { check } from '../app/check.js';\n",
      /\.\.\/app\/check\.js: a store/,
    ],
    ['services/authz/src/store/role-store.ts', "import { fetch } from 'undici';\n", /undici: a store/],
    [
      'services/authz/src/http/check.controller.ts',
      "import { createApp } from '../app.js';\n",
      /\.\.\/app\.js: a controller/,
    ],
    [
      'services/authz/src/http/check.controller.ts',
      "import type { Row } from '../store/role-store.js';\n",
      /role-store\.js: a controller/,
    ],
    ['services/authz/src/rpc/check.ts', "import { sql } from 'kysely';\n", /kysely: an rpc handler/],
    [
      'services/authz/src/app.ts',
      "import { agents } from '@lumo/agents';\n",
      /@lumo\/agents: a service imports libs only/,
    ],
    [
      'services/authz/src/app.test.ts',
      "import { agents } from '@lumo/agents';\n",
      /@lumo\/agents: a service imports libs only/,
    ],
    [
      'services/authz/src/oidc/engine.ts',
      "import { request } from 'undici';\n",
      /undici: addresses are called through/,
    ],
    ['libs/kit/src/call.ts', "import { createServer, get } from 'node:http';\n", /node:http: addresses are called/],
    ['libs/database/src/call.ts', "import https from 'node:https';\n", /node:https: addresses are called/],
    ['services/authz/src/app/check.ts', 'const answer = await fetch(url);\n', /fetch\(: addresses are called/],
    ['libs/database/src/call.ts', 'globalThis.fetch(url);\n', /globalThis\.fetch\(: addresses are called/],
    [
      'services/authz/src/app/check.ts',
      'const set = "set_config(\'app.org_id\', x, true)";\n',
      /the pool alone sets the org/,
    ],
    ['libs/kit/src/index.ts', "import pg from 'pg';\n", /pg: kit is the ground/],
    ['libs/database/src/index.ts', "import type { X } from '@lumo/authz';\n", /@lumo\/authz: a lib knows no service/],
    [
      'libs/kit/src/more.ts',
      "export { openDatabase } from '@lumo/database';\n",
      /libs\/database → libs\/kit → libs\/database: the libs stand/,
    ],
  ];
  for (const [path, text, message] of planted) {
    it(`finds ${JSON.stringify(text.trim())} in ${path}`, async () => {
      await write(path, text);
      try {
        const found = await check();
        assert.ok(
          found.some((violation) => message.test(violation)),
          found.join('\n') || 'nothing found',
        );
      } finally {
        if (SOUND[path] === undefined) await rm(join(root, path));
        else await write(path, SOUND[path]);
      }
      assert.deepEqual(await check(), []);
    });
  }
});
