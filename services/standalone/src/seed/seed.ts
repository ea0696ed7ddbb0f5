import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { readOptional, writePrivately } from '../data-dir/open-data-dir.js';
import { type Api, ApiRefusal } from './api.js';
import type { Bootstrap } from './bootstrap.js';

const ORG = 'acme-corp';
const REDIRECT_URIS = ['http://localhost:3000/callback', 'http://127.0.0.1:3000/callback'];
const KEY_SCOPES = [
  'admin:read',
  'admin:write',
  'admin:users',
  'admin:roles',
  'admin:clients',
  'admin:agents',
  'admin:audit',
  'admin:keys',
  'admin:settings',
  'authz:check',
];
const APP_SCOPES = ['openid', 'profile', 'email', 'offline_access', 'document.read', 'document.edit'];

export interface SeedOptions {
  readonly api: Api;
  readonly baseUrl: string;
  readonly instanceKey: string;
  readonly bootstrapFile: string;
  readonly seedFile: string;
}

/** Secrets that must survive an interrupted seed. */
interface Draft {
  readonly adminPassword: string;
  readonly alicePassword: string;
  readonly apiKey?: string;
}

/**
 * Fills an empty installation with the org `acme-corp` through the public API, and writes `bootstrap.json` last.
 * It can be interrupted anywhere: the next call goes on. Undefined where the installation was filled by other means.
 */
export async function seed(options: SeedOptions): Promise<Bootstrap | undefined> {
  const { api, baseUrl, instanceKey, bootstrapFile, seedFile } = options;
  const done = await readOptional(bootstrapFile);
  if (done !== undefined) return atAddress(JSON.parse(done) as Bootstrap, baseUrl, bootstrapFile);

  const draft = await openDraft(api, instanceKey, seedFile);
  if (!draft) return undefined;
  const admin = { email: `admin@${ORG}.example`, password: draft.adminPassword };
  const alice = { email: `alice@${ORG}.example`, password: draft.alicePassword };
  const apiKey = draft.apiKey ?? (await createOrg(api, instanceKey, admin));
  await writePrivately(seedFile, JSON.stringify({ ...draft, apiKey } satisfies Draft));

  const org = createOrgApi(api, apiKey);
  await createPermissions(org);
  await unlessTaken(
    org.post('users', {
      ...alice,
      name: 'Alice Liddell',
      givenName: 'Alice',
      familyName: 'Liddell',
      emailVerified: true,
      roles: ['viewer'],
    }),
  );
  const bootstrap: Bootstrap = {
    baseUrl,
    org: ORG,
    issuer: issuerAt(baseUrl),
    admin,
    alice,
    apiKey,
    instanceKey,
    clients: { spa: await createSpa(org), m2m: await createM2m(org) },
    agent: await createAgent(org),
  };
  await writePrivately(bootstrapFile, `${JSON.stringify(bootstrap, null, 2)}\n`);
  await rm(seedFile, { force: true });
  return bootstrap;
}

/** The bootstrap at the address of this start: another port or public URL moves the issuer, and the file follows. */
async function atAddress(bootstrap: Bootstrap, baseUrl: string, bootstrapFile: string): Promise<Bootstrap> {
  if (bootstrap.baseUrl === baseUrl) return bootstrap;
  const moved: Bootstrap = { ...bootstrap, baseUrl, issuer: issuerAt(baseUrl) };
  await writePrivately(bootstrapFile, `${JSON.stringify(moved, null, 2)}\n`);
  return moved;
}

function issuerAt(baseUrl: string): string {
  return `${baseUrl}/orgs/${ORG}/api/v1`;
}

/** Decides once, before anything is created, that this installation is ours to fill. */
async function openDraft(api: Api, instanceKey: string, seedFile: string): Promise<Draft | undefined> {
  const begun = await readOptional(seedFile);
  if (begun !== undefined) return JSON.parse(begun) as Draft;
  const { meta } = await api.call<{ meta: { total: number } }>(instanceKey, 'GET', '/api/v1/instance/orgs?limit=1');
  if (meta.total > 0) return undefined;
  const draft: Draft = { adminPassword: newPassword(), alicePassword: newPassword() };
  await writePrivately(seedFile, JSON.stringify(draft));
  return draft;
}

async function createOrg(api: Api, instanceKey: string, admin: Bootstrap['admin']): Promise<string> {
  const apiKey = { name: 'Bootstrap key', scopes: KEY_SCOPES };
  try {
    const { data } = await api.call<{ data: { apiKey: { key: string } } }>(
      instanceKey,
      'POST',
      '/api/v1/instance/orgs',
      {
        slug: ORG,
        name: 'Acme Corp',
        admin: { ...admin, name: 'Acme Admin', emailVerified: true },
        apiKey,
      },
    );
    return data.apiKey.key;
  } catch (error) {
    if (!isTaken(error)) throw error;
    // An earlier seed was stopped after the org was created and before its key was kept.
    const { data } = await api.call<{ data: { key: string } }>(
      instanceKey,
      'POST',
      `/api/v1/instance/orgs/${ORG}/api-keys`,
      apiKey,
    );
    return data.key;
  }
}

interface OrgApi {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
}

function createOrgApi(api: Api, apiKey: string): OrgApi {
  const at = (path: string) => `/orgs/${ORG}/api/v1/admin/${path}`;
  return {
    get: (path) => api.call(apiKey, 'GET', at(path)),
    post: (path, body) => api.call(apiKey, 'POST', at(path), body),
  };
}

async function createPermissions(org: OrgApi): Promise<void> {
  const permissions = [
    { slug: 'document.read', name: 'Read documents' },
    { slug: 'document.edit', name: 'Edit documents' },
  ];
  for (const permission of permissions) await unlessTaken(org.post('permissions', permission));
  await unlessTaken(org.post('roles', { slug: 'viewer', name: 'Viewer', permissions: ['document.read'] }));
  await unlessTaken(
    org.post('roles', { slug: 'editor', name: 'Editor', permissions: ['document.read', 'document.edit'] }),
  );
}

async function createSpa(org: OrgApi): Promise<Bootstrap['clients']['spa']> {
  const name = 'Acme Web App';
  const known = await findByName<{ clientId: string }>(org, 'clients', name);
  const { clientId } =
    known ??
    (await created<{ clientId: string }>(
      org.post('clients', {
        name,
        applicationType: 'spa',
        redirectUris: REDIRECT_URIS,
        postLogoutRedirectUris: ['http://localhost:3000/', 'http://127.0.0.1:3000/'],
        allowedOrigins: ['http://localhost:3000', 'http://127.0.0.1:3000'],
        grantTypes: ['authorization_code', 'refresh_token'],
        scopes: [...APP_SCOPES, 'admin'],
      }),
    ));
  return { clientId, redirectUris: REDIRECT_URIS };
}

async function createM2m(org: OrgApi): Promise<Bootstrap['clients']['m2m']> {
  const name = 'Acme Backend';
  const known = await findByName<{ clientId: string }>(org, 'clients', name);
  if (known) {
    const { clientId, secret } = await created<{ clientId: string; secret: string }>(
      org.post(`clients/${known.clientId}/rotate-secret`),
    );
    return { clientId, clientSecret: secret };
  }
  const { clientId, secret } = await created<{ clientId: string; secret: string }>(
    org.post('clients', {
      name,
      applicationType: 'm2m',
      grantTypes: ['client_credentials'],
      scopes: ['document.read', 'document.edit', 'authz:check'],
    }),
  );
  return { clientId, clientSecret: secret };
}

async function createAgent(org: OrgApi): Promise<Bootstrap['agent']> {
  type Secretive = { agentId: string; clientSecret: string };
  const name = 'Acme Assistant';
  const known = await findByName<{ agentId: string }>(org, 'agents', name);
  const agent = known
    ? {
        ...known,
        ...(await created<Pick<Secretive, 'clientSecret'>>(org.post(`agents/${known.agentId}/rotate-credentials`))),
      }
    : await created<Secretive>(
        org.post('agents', {
          name,
          description: 'Reads documents for the people of Acme.',
          type: 'ai_assistant',
          capabilities: ['document.read', 'delegate:on_behalf'],
          canActOnBehalfOfUsers: true,
        }),
      );
  return { clientId: agent.agentId, clientSecret: agent.clientSecret };
}

async function findByName<T>(org: OrgApi, collection: string, name: string): Promise<T | undefined> {
  const { data } = await org.get<{ data: (T & { name: string })[] }>(
    `${collection}?search=${encodeURIComponent(name)}&limit=100`,
  );
  return data.find((row) => row.name === name);
}

async function created<T>(answer: Promise<{ data: T }>): Promise<T> {
  return (await answer).data;
}

async function unlessTaken(answer: Promise<unknown>): Promise<void> {
  await answer.catch((error: unknown) => {
    if (!isTaken(error)) throw error;
  });
}

function isTaken(error: unknown): boolean {
  return error instanceof ApiRefusal && error.status === 409;
}

/** 120 random bits that a person can type. */
function newPassword(): string {
  return randomBytes(15).toString('base64url');
}
