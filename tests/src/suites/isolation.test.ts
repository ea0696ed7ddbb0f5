import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { checkTenantTables } from '@lumo/testing';
import type { Answer, Send } from '../support/http.js';
import { APP_CALLBACK, createOrgWorld, goodPassword, type OrgWorld } from '../support/org-world.js';
import { target } from '../support/target.js';
import { fillPath, mixtures, type WalkedOperation, walkOperations } from '../support/walk-operations.js';

/** An org with one of everything, and words by which its data would be recognised. */
interface Furnished {
  readonly world: OrgWorld;
  /** Ids for the parameters of the API's paths. */
  readonly ids: Readonly<Record<string, string>>;
  readonly canaries: readonly string[];
}

async function furnish(label: string): Promise<Furnished> {
  const world = await createOrgWorld(label);
  const word = `canary${crypto.randomUUID().replaceAll('-', '').slice(0, 16)}`;
  const user = await world.addUser({ email: `${word}@example.test` });
  await world.addRole(`role-${word}`, [`thing.${word}`]);
  await world.call('POST', `/admin/users/${user.id}/roles`, { roles: [`role-${word}`] });
  const client = await world.addClient({ name: `App ${word}` });
  const agent = await world.addAgent([`read:${word}`], `Agent ${word}`);
  const key = await world.call('POST', '/admin/api-keys', { name: `Key ${word}`, scopes: ['admin:read'] }, 201);
  const { id: keyId } = key.json<{ data: { id: string } }>().data;
  const role = (await world.call('GET', `/admin/roles/role-${word}`)).json<{ data: { id: string } }>().data;
  const permission = (await world.call('GET', `/admin/permissions/thing.${word}`)).json<{ data: { id: number } }>()
    .data;
  const first = async (path: string): Promise<{ id: number; kid: string }> => {
    const [entry] = (await world.call('GET', path)).json<{ data: readonly { id: number; kid: string }[] }>().data;
    assert.ok(entry, path);
    return entry;
  };
  await world.tokensOf(user, client);
  const created = async (path: string, json: object) =>
    (await world.call('POST', path, json, 201)).json<{ data: { id: string } }>().data.id;
  // Refusals repeat the name that was asked for: it is none of the words that would give the other away.
  const slug = `level_${label.replaceAll('-', '_')}`;
  const attributeId = await created('/abac/attributes', {
    name: slug,
    slug,
    attributeType: 'user',
    dataType: 'string',
  });
  await created('/abac/attributes', { name: slug, slug, attributeType: 'resource', dataType: 'string' });
  const policyId = await created('/abac/policies', {
    name: `Policy ${word}`,
    resourceType: 'thing',
    action: 'read',
    effect: 'allow',
    conditions: { subject: `user.${slug}`, operator: 'equals', value: word },
  });
  for (const subject of [user.id, 'shared'])
    await world.call('PUT', `/abac/users/${subject}/attributes/${slug}`, { value: word });
  await world.call('PUT', `/abac/resources/thing/shared/attributes/${slug}`, { value: word });
  await world.call('POST', '/admin/authorization-details-types', { type: slug, name: `Type ${word}` }, 201);
  const initialTokenId = await created('/admin/initial-access-tokens', { name: `Token ${word}` });
  const relations = await relate(world, { slug, word });
  return {
    world,
    ids: {
      org: world.slug,
      sessionId: String((await first('/admin/sessions')).id),
      tokenId: String((await first('/admin/tokens')).id),
      kid: (await first('/admin/signing-keys')).kid,
      slug: world.slug,
      userId: user.id,
      clientId: client.clientId,
      keyId,
      roleId: role.id,
      permissionId: String(permission.id),
      attributeId,
      attributeSlug: slug,
      policyId,
      resourceType: 'thing',
      resourceId: 'shared',
      agentId: agent.agentId,
      type: slug,
      initialTokenId,
      ...relations,
      // Entries are numbered in each org on its own: a number says nothing about another's.
      logId: '1',
      uid: 'A'.repeat(43),
      file: 'none.css',
    },
    canaries: [word, world.admin.email, user.id, world.admin.id],
  };
}

/** Relations in a store of its own and in that of the org, with everything of them that has an id. */
async function relate(world: OrgWorld, { slug, word }: { readonly slug: string; readonly word: string }) {
  const store = (await world.call('POST', '/relations/stores', { name: `Store ${word}` }, 201)).json<{ id: string }>();
  const dsl = `model\n  schema 1.1\ntype user\ntype ${slug}\n  relations\n    define viewer: [user]\n`;
  const tuple = { object: `${slug}:${word}`, relation: 'viewer', subject: `user:${word}` };
  const modelOf = async (where: object) => {
    const model = (await world.call('POST', '/relations/models', { dsl, ...where }, 201)).json<{ id: string }>();
    await world.call('POST', '/relations/tuples', { writes: [tuple], ...where });
    return model.id;
  };
  await modelOf({});
  return { storeId: store.id, modelId: await modelOf({ store: store.id }), name: slug };
}

/** A body with which each writing operation would do its work, so that a refusal is never one of the body. */
const BODIES: Readonly<Record<string, (ids: Readonly<Record<string, string>>) => unknown>> = {
  users: () => ({ name: 'Taken over' }),
  'users/password': () => ({ password: goodPassword() }),
  'users/roles': () => ({ roles: ['auditor'] }),
  'users/permissions': () => ({ permissions: ['admin:users'] }),
  clients: () => ({ name: 'Taken over' }),
  'clients/scopes': () => ({ scopes: ['openid'] }),
  'clients/secret': () => ({}),
  'clients/rotate-secret': () => ({}),
  'api-keys': () => ({ name: 'Taken over' }),
  roles: () => ({ description: 'Taken over' }),
  'roles/permissions': () => ({ permissions: ['admin:users'] }),
  'roles/users': (ids) => ({ users: [ids.userId] }),
  permissions: () => ({ description: 'Taken over' }),
  agents: () => ({ description: 'Taken over' }),
  'agents/scopes': () => ({ scopes: ['read:data'] }),
  'agents/rotate-credentials': () => ({}),
  'abac/attributes': () => ({ description: 'Taken over' }),
  'abac/policies': () => ({ description: 'Taken over' }),
  'abac/policies/test': () => ({}),
  'abac/users/attributes': () => ({ value: 'Taken over' }),
  'abac/resources/attributes': () => ({ value: 'Taken over' }),
  'authorization-details-types': () => ({ name: 'Taken over' }),
  'zanzibar/namespaces': () => ({ relations: {} }),
  'openfga/stores/authorization-models': () => ({ schema_version: '1.1', type_definitions: [{ type: 'user' }] }),
  'openfga/stores/assertions': () => ({ assertions: [] }),
  'openfga/stores/read': () => ({}),
  'openfga/stores/write': (ids) => ({ writes: { tuple_keys: [fgaKey(ids)] } }),
  'openfga/stores/check': (ids) => ({ tuple_key: fgaKey(ids) }),
  'openfga/stores/batch-check': (ids) => ({ checks: [{ tuple_key: fgaKey(ids), correlation_id: '1' }] }),
  'openfga/stores/expand': (ids) => ({ tuple_key: { object: `${ids.name}:1`, relation: 'viewer' } }),
  'openfga/stores/list-objects': (ids) => ({ type: ids.name, relation: 'viewer', user: 'user:anne' }),
  'openfga/stores/streamed-list-objects': (ids) => ({ type: ids.name, relation: 'viewer', user: 'user:anne' }),
  'openfga/stores/list-users': (ids) => ({
    object: { type: ids.name, id: '1' },
    relation: 'viewer',
    user_filters: [{ type: 'user' }],
  }),
};

function fgaKey(ids: Readonly<Record<string, string>>): object {
  return { object: `${ids.name}:1`, relation: 'viewer', user: 'user:anne' };
}

/**
 * Parameters that name nothing of the platform: subjects and resources of policies may be those of another directory, so
 * that every id is good, and says nothing of who has it elsewhere. The name of a namespace is chosen by who writes it.
 */
const OPAQUE: readonly (readonly [RegExp, readonly string[]])[] = [
  [/\/users\/\{userId\}\/attributes/, ['userId']],
  [/\/abac\/resources\//, ['resourceType', 'resourceId']],
  [/^PUT .*\/namespaces\/\{name\}/, ['name']],
];

/** Where the answer to what is not known is another one than 404. */
const EXCEPTIONS: readonly (readonly [RegExp, number])[] = [
  // Entries are numbered in each org.
  [/\/audit-logs\//, 200],
  // RFC 7592 section 2: who manages a registration learns not even whether there is one.
  [/\/(?:connect|oauth|oidc)\/register\//, 401],
  // A store that is there: OpenFGA says what is wrong about the model.
  [/\/openfga\/stores\/[^/]+\/(?:assertions|authorization-models)\//, 400],
];

function isOpaque({ method, template }: WalkedOperation, parameter: string): boolean {
  return OPAQUE.some(
    ([pattern, parameters]) => pattern.test(`${method} ${template}`) && parameters.includes(parameter),
  );
}

function bodyFor(operation: WalkedOperation, ids: Readonly<Record<string, string>>): unknown {
  if (!operation.hasBody) return undefined;
  const area = operation.template
    .replace(/^.*\/(?:api\/v1\/(?:admin\/)?|(?=openfga\/))/, '')
    .replace('oauth-clients', 'clients')
    .replaceAll(/\/?\{[^}]+\}/g, '');
  return BODIES[area]?.(ids) ?? {};
}

/** What a question of the relations API needs, in the own store. */
function questionOf(question: string, { name }: Readonly<Record<string, string>>): object {
  const [object, relation, subject] = [`${name}:1`, 'viewer', 'user:anne'];
  if (question === 'tuples') return { writes: [{ object, relation, subject }] };
  if (question === 'checks') return { checks: [{ object, relation, subject }] };
  if (question === 'list-objects') return { type: name, relation, subject };
  if (question === 'list-subjects') return { object, relation, type: 'user' };
  if (question === 'what-can') return { subject, object };
  return { object, relation, ...(!/who-can|expand/.test(question) && { subject }) };
}

let a: Furnished;
let b: Furnished;
let operations: readonly WalkedOperation[];
/** Every credential of org A that opens something there. */
let credentials: Readonly<Record<string, Send>>;

before(async () => {
  [a, b] = [await furnish('isolation-a'), await furnish('isolation-b')];
  const { world } = a;
  const app = await world.addClient({ scopes: ['openid', 'admin'] });
  const machine = await world.addClient({ applicationType: 'm2m', scopes: ['authz:check', 'admin'] });
  const grant = { grant_type: 'client_credentials', client_id: machine.clientId, client_secret: machine.clientSecret };
  credentials = {
    'API key': { apiKey: world.apiKey },
    'token of an administrator': { bearer: (await world.tokensOf(world.admin, app, 'openid admin')).access_token },
    'token of an agent': { bearer: await world.agentToken(await world.addAgent(['read:data'])) },
    'token of a machine': { bearer: (await world.oauth.grant(grant)).access_token },
  };
  operations = walkOperations(await world.http.description());
});

function assertNothingOfB(answer: Answer, what: string): void {
  for (const canary of b.canaries) assert.ok(!answer.text.includes(canary), `${what} tells ${canary}`);
  for (const header of answer.headers.values()) {
    for (const canary of b.canaries) assert.ok(!header.includes(canary), `${what} tells ${canary} in a header`);
  }
}

/** Everything of org B that its own administrator can read, without what reading itself changes. */
async function snapshotOfB(): Promise<string> {
  const { world, ids } = b;
  const paths = [
    ...['users', 'clients', 'api-keys', 'roles', 'permissions', 'agents', 'settings', 'tenant'],
    ...['sessions', 'tokens', 'signing-keys'],
    ...[`users/${ids.userId}`, `clients/${ids.clientId}`, `roles/${ids.roleId}`, `agents/${ids.agentId}`],
    ...[`users/${ids.userId}/roles`, `users/${ids.userId}/permissions`, `roles/${ids.roleId}/users`],
    ...[`abac/policies/${ids.policyId}`, `abac/attributes/${ids.attributeId}`, `users/${ids.userId}/attributes`],
    'settings/authorization',
  ];
  const answers = await Promise.all([
    ...paths.map((path) =>
      world.call('GET', `/admin/${path}${/^[a-z-]+$/.test(path) && !/settings|tenant/.test(path) ? '?limit=100' : ''}`),
    ),
    ...['stores', 'models', 'tuples', `models?store=${ids.storeId}`, `tuples?store=${ids.storeId}`].map((path) =>
      world.call('GET', `/relations/${path}`),
    ),
    world.call('GET', '/admin/zanzibar/namespaces'),
  ]);
  return answers.map((answer) => answer.text.replaceAll(/"lastUsedAt":"[^"]*"/g, '')).join('\n');
}

describe('Two orgs (attack 32 and 48)', () => {
  it('the walk covers the API', () => {
    assert.ok(operations.length > 100, String(operations.length));
    for (const tag of [
      'Users',
      'Clients',
      'API keys',
      'Roles',
      'Permissions',
      'Agents',
      'Audit log',
      'Authorization',
      'Relations',
      'Namespaces',
      'OpenFGA',
      'Settings',
      'Instance',
    ]) {
      assert.ok(
        operations.some((operation) => operation.tag === tag),
        tag,
      );
    }
  });

  it('beside the attacks: each credential opens its own org', async () => {
    for (const [name, how] of Object.entries(credentials)) {
      const answer = await a.world.http.send('POST', `${a.world.api}/authz/check`, {
        ...how,
        json: { permission: 'x', user_id: a.ids.userId },
      });
      assert.ok(
        answer.status === 200 || (answer.status === 403 && name === 'token of an agent'),
        `${name}: ${answer.text}`,
      );
    }
    (await a.world.http.send('GET', `${a.world.api}/admin/users`, credentials['API key'])).expect(200);
    (await a.world.http.send('GET', `${a.world.api}/admin/users`, credentials['token of an administrator'])).expect(
      200,
    );
  });

  it('no credential of one opens any guarded operation of the other, by its URL', async () => {
    const beforehand = await snapshotOfB();
    let tried = 0;
    for (const operation of operations.filter(
      ({ isGuarded, template }) => isGuarded && template.startsWith('/orgs/'),
    )) {
      for (const prefix of ['/orgs/', '/t/']) {
        const path = fillPath(operation.template, b.ids).replace('/orgs/', prefix);
        for (const [name, how] of Object.entries(credentials)) {
          const json = bodyFor(operation, b.ids);
          const answer = await a.world.http.send(operation.method, path, {
            ...how,
            ...(json !== undefined && { json }),
          });
          const what = `${operation.method} ${path} with ${name}`;
          assert.ok([401, 403, 404].includes(answer.status), `${what}: ${answer.status} ${answer.text.slice(0, 300)}`);
          assertNothingOfB(answer, what);
          tried += 1;
        }
      }
    }
    assert.ok(tried > 500, String(tried));
    assert.equal(await snapshotOfB(), beforehand, 'nothing of the other org changed');
  });

  it('no id of the other is known under the own URL, in any place of it', async () => {
    const beforehand = await snapshotOfB();
    const named = operations.filter(
      ({ isGuarded, template, parameters }) => isGuarded && template.startsWith('/orgs/{org}') && parameters.length > 1,
    );
    assert.ok(named.length > 60, String(named.length));
    for (const operation of named) {
      const inner = operation.parameters.filter((name) => name !== 'org' && !isOpaque(operation, name));
      for (const values of mixtures(inner, a.ids, b.ids)) {
        const path = fillPath(operation.template, { ...a.ids, ...values, org: a.world.slug });
        const json = bodyFor(operation, a.ids);
        const answer = await a.world.http.send(operation.method, path, {
          apiKey: a.world.apiKey,
          ...(json !== undefined && { json }),
        });
        const what = `${operation.method} ${path}`;
        assert.ok(
          answer.status === 404 || answer.status === EXCEPTIONS.find(([pattern]) => pattern.test(what))?.[1],
          `${what}: ${answer.status} ${answer.text.slice(0, 300)}`,
        );
        assertNothingOfB({ ...answer, text: answer.text.replaceAll(values.userId ?? '\0', '') }, what);
      }
    }
    assert.equal(await snapshotOfB(), beforehand, 'nothing of the other org changed');
  });

  it('an unknown id and one of the other org get the same answer', async () => {
    const unknown: Readonly<Record<string, string>> = {
      userId: crypto.randomUUID(),
      clientId: `${b.ids.clientId?.slice(0, -4)}0000`,
      keyId: `${b.ids.keyId?.slice(0, -4)}0000`,
      roleId: `${b.ids.roleId?.slice(0, -4)}0000`,
      permissionId: '2147483000',
      agentId: `${b.ids.agentId?.slice(0, -4)}0000`,
      attributeId: `${b.ids.attributeId?.slice(0, -4)}0000`,
      policyId: `${b.ids.policyId?.slice(0, -4)}0000`,
      storeId: `${b.ids.storeId?.slice(0, -4)}0000`,
      modelId: `${b.ids.modelId?.slice(0, -4)}0000`,
      name: 'none',
      type: 'none',
    };
    for (const operation of operations.filter(
      ({ method, parameters }) => method === 'GET' && parameters.length === 2,
    )) {
      const { template } = operation;
      const [name = ''] = [...template.matchAll(/\{([^}]+)\}/g)]
        .map(([, found]) => found)
        .filter((found) => found !== 'org');
      if (!(name in unknown) || isOpaque(operation, name)) continue;
      const read = async (id: string) => {
        const path = fillPath(template, { [name]: id, org: a.world.slug });
        const answer = await a.world.http.send('GET', path, { apiKey: a.world.apiKey });
        return { status: answer.status, body: answer.text.replaceAll(id, '<id>').replace(/"request_id":"[^"]*"/, '') };
      };
      assert.deepEqual(await read(unknown[name] ?? ''), await read(b.ids[name] ?? ''), template);
    }
  });

  it('attributes of a subject or resource that the other knows too are the own ones', async () => {
    const [word = ''] = b.canaries;
    for (const path of ['users/shared', 'resources/thing/shared']) {
      const theirs = await b.world.call('GET', `/abac/${path}/attributes`);
      assert.ok(theirs.text.includes(word), 'the other has a value there');
      const own = await a.world.call('GET', `/abac/${path}/attributes`);
      assert.ok(!own.text.includes(word), own.text);
    }
    const question = { resourceType: 'thing', action: 'read', user_id: 'shared' };
    for (const { world, ids } of [a, b]) {
      const answer = (await world.call('POST', '/abac/check', question)).json<{
        matchedPolicies: readonly { id: string }[];
      }>();
      assert.deepEqual(
        answer.matchedPolicies.map(({ id }) => id),
        [ids.policyId],
        'decided by the own policy',
      );
    }
  });

  it('no id of the other is taken in a body', async () => {
    const { world, ids } = a;
    const beforehand = await snapshotOfB();
    const roleOfB = `role-${b.canaries[0]}`;
    const attempts: readonly (readonly [string, string, unknown])[] = [
      ['POST', `/admin/roles/${ids.roleId}/users`, { users: [b.ids.userId] }],
      ['POST', `/admin/roles/${ids.roleId}/users`, { users: [`${b.canaries[0]}@example.test`] }],
      ['POST', `/admin/roles/${ids.roleId}/permissions`, { permissions: [`thing.${b.canaries[0]}`] }],
      ['PUT', `/admin/roles/${ids.roleId}/permissions`, { permissions: [Number(b.ids.permissionId)] }],
      ['POST', `/admin/users/${ids.userId}/roles`, { roles: [roleOfB] }],
      ['PUT', `/admin/users/${ids.userId}/roles`, { roles: [b.ids.roleId] }],
      ['POST', `/admin/users/${ids.userId}/permissions`, { permissions: [`thing.${b.canaries[0]}`] }],
      ['POST', '/admin/users', { email: 'new@example.test', roles: [roleOfB] }],
      ['POST', '/admin/roles', { name: 'Borrowed', permissions: [`thing.${b.canaries[0]}`] }],
      ...[
        'tuples',
        'check',
        'checks',
        'list-objects',
        'list-subjects',
        'who-can',
        'what-can',
        'expand',
        'explain',
      ].flatMap((question) =>
        [{ store: b.ids.storeId }, { model: b.ids.modelId }].map(
          (theirs) => ['POST', `/relations/${question}`, { ...questionOf(question, ids), ...theirs }] as const,
        ),
      ),
      ['POST', '/relations/models', { dsl: 'model\n  schema 1.1\ntype user\n', store: b.ids.storeId }],
      ['POST', '/relations/dry-run', { dsl: 'model\n  schema 1.1\ntype user\n', store: b.ids.storeId }],
    ];
    for (const [method, path, json] of attempts) {
      const answer = await world.http.send(method, `${world.api}${path}`, { apiKey: world.apiKey, json });
      const what = `${method} ${path} ${JSON.stringify(json)}`;
      assert.ok([400, 403, 404].includes(answer.status), `${what}: ${answer.status} ${answer.text.slice(0, 300)}`);
    }
    assert.equal(await snapshotOfB(), beforehand);
  });

  it('the root API answers about the own org only', async () => {
    for (const path of ['check', 'check-bulk', 'check-any', 'check-all']) {
      const permission = `thing.${b.canaries[0]}`;
      const json = { permission, permissions: [permission], subject: { type: 'user', id: b.ids.userId } };
      const own = await b.world.http.send('POST', `/api/v1/authz/${path}`, { apiKey: b.world.apiKey, json });
      assert.match(own.expect(200).text, /:true/, 'it is so in its own org');
      const answer = await a.world.http.send('POST', `/api/v1/authz/${path}`, { apiKey: a.world.apiKey, json });
      assert.doesNotMatch(answer.text, /:true/, path);
    }
    const list = await a.world.http.send('GET', `/api/v1/authz/permissions?user_id=${b.ids.userId}`, {
      apiKey: a.world.apiKey,
    });
    assert.deepEqual(list.expect(200).json<{ permissions: unknown[] }>().permissions, []);
  });

  it('no credential of an org opens the API of the instance', async () => {
    for (const operation of operations.filter(({ tag }) => tag === 'Instance')) {
      for (const [name, how] of Object.entries(credentials)) {
        const path = fillPath(operation.template, b.ids);
        const json = operation.hasBody ? { slug: 'taken-over', name: 'X', scopes: ['admin:read'] } : undefined;
        const answer = await a.world.http.send(operation.method, path, { ...how, ...(json && { json }) });
        assert.ok([401, 403].includes(answer.status), `${operation.method} ${path} with ${name}: ${answer.status}`);
        assertNothingOfB(answer, path);
      }
    }
  });

  it('lists, searches and logs of one never show the other', async () => {
    const { world } = a;
    const [word = ''] = b.canaries;
    // The own log says about whom the own key asked, above.
    const withoutAsked = (answer: Answer) => ({ ...answer, text: answer.text.replaceAll(b.ids.userId ?? '\0', '') });
    for (const path of ['users', 'clients', 'api-keys', 'roles', 'permissions', 'agents', 'audit-logs']) {
      for (const query of ['limit=100', `search=${word}`, `search=${b.world.slug}`]) {
        const answer = await world.http.send('GET', `${world.api}/admin/${path}?${query}`, { apiKey: world.apiKey });
        assertNothingOfB(withoutAsked(answer.expect(200)), `${path}?${query}`);
      }
    }
    for (const path of ['stores', 'models', 'tuples', 'changes']) {
      const answer = await world.call('GET', `/relations/${path}`);
      assertNothingOfB(answer, path);
    }
    const exported = await world.http.send('GET', `${world.api}/admin/audit-logs/export?format=json`, {
      apiKey: world.apiKey,
    });
    assertNothingOfB(withoutAsked(exported.expect(200)), 'export');
  });

  it('the same address may exist in both, and signs in to its own only', async () => {
    const email = `shared-${crypto.randomUUID().slice(0, 8)}@example.test`;
    const [inA, inB] = [await a.world.addUser({ email }), await b.world.addUser({ email })];
    const [appA, appB] = [await a.world.addClient(), await b.world.addClient()];
    await a.world.tokensOf(inA, appA);
    await b.world.tokensOf(inB, appB);
    await assert.rejects(a.world.tokensOf({ email, password: inB.password }, appA), /wrong/i);
    assert.equal(appA.redirectUri, APP_CALLBACK);
  });
});

describe('The catalogue of PostgreSQL', () => {
  it('every table has org_id, its policy and FORCE, or stands on the explained list', async () => {
    const { tables, violations } = await checkTenantTables(target.adminDatabaseUrl);
    assert.deepEqual(violations, []);
    for (const schema of ['authn', 'authz', 'agents', 'audit']) {
      assert.ok(
        tables.some((table) => table.startsWith(`${schema}.`)),
        schema,
      );
    }
  });
});
