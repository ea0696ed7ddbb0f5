import { randomBytes } from 'node:crypto';
import { type Answer, createHttp, type Http } from './http.js';
import { type Person, type SignInRequest, signInForTokens } from './sign-in.js';
import { target } from './target.js';
import { type TokenAnswer, type TokenEndpoint, tokenEndpoint } from './tokens.js';

export interface TestUser extends Person {
  readonly id: string;
}

export interface TestClient {
  /** Integer id of the admin API. */
  readonly id: number;
  readonly clientId: string;
  /** Empty for a public client. */
  readonly clientSecret: string;
  readonly redirectUri: string;
}

export interface TestAgent {
  readonly id: string;
  readonly agentId: string;
  readonly clientSecret: string;
}

/** An org of its own for one suite, so that suites can run side by side. */
export interface OrgWorld {
  readonly http: Http;
  readonly slug: string;
  readonly id: string;
  readonly issuer: string;
  /** `/orgs/<slug>/api/v1` */
  readonly api: string;
  /** An API key that may do everything in this org. */
  readonly apiKey: string;
  readonly admin: TestUser;
  readonly oauth: TokenEndpoint;
  /** A call of the admin API with the key; the answer has this status. */
  call(method: string, path: string, json?: unknown, status?: number): Promise<Answer>;
  addUser(options?: { readonly roles?: readonly string[]; readonly email?: string }): Promise<TestUser>;
  addClient(options?: Readonly<Record<string, unknown>>): Promise<TestClient>;
  addAgent(capabilities: readonly string[], name?: string): Promise<TestAgent>;
  /** A role that carries these permissions, which are made where they are missing. */
  addRole(slug: string, permissions: readonly string[]): Promise<string>;
  /** Tokens of a person at a public client. */
  tokensOf(person: Person, client: TestClient, scope?: string, more?: Partial<SignInRequest>): Promise<TokenAnswer>;
  /** The token of an agent for itself. */
  agentToken(agent: TestAgent, scope?: string): Promise<string>;
}

export const APP_CALLBACK = 'http://127.0.0.1:18999/callback';

/** A password that every policy accepts. */
export function goodPassword(): string {
  return `Aa1!${randomBytes(18).toString('base64url')}`;
}

/** Creates an org with an administrator and a key, through the API of the instance operator. */
export async function createOrgWorld(
  label: string,
  { baseUrl = target.baseUrl, instanceKey = target.bootstrap.instanceKey } = {},
): Promise<OrgWorld> {
  const http = createHttp(baseUrl);
  const slug = `${label}-${randomBytes(4).toString('hex')}`;
  const admin = { email: `admin@${slug}.test`, password: goodPassword() };
  const created = await http.send('POST', '/api/v1/instance/orgs', {
    bearer: instanceKey,
    json: {
      slug,
      name: `Org ${label}`,
      admin: { ...admin, name: 'Ada Admin', emailVerified: true },
      apiKey: { name: 'tests', scopes: ['admin:read', 'admin:write', 'authz:check'] },
    },
  });
  const { data } = created.expect(201).json<{ data: CreatedOrg }>();
  const api = `/orgs/${slug}/api/v1`;
  const oauth = tokenEndpoint(http, api);

  const call: OrgWorld['call'] = async (method, path, json, status = 200) => {
    const answer = await http.send(method, `${api}${path}`, {
      apiKey: data.apiKey.key,
      ...(json !== undefined && { json }),
    });
    return answer.expect(status);
  };

  return {
    http,
    slug,
    id: data.id,
    issuer: data.issuer,
    api,
    apiKey: data.apiKey.key,
    admin: { ...admin, id: data.admin.id },
    oauth,
    call,
    async addUser({ roles, email = `user-${randomBytes(5).toString('hex')}@${slug}.test` } = {}) {
      const password = goodPassword();
      const body = { email, password, name: 'Una User', emailVerified: true, ...(roles && { roles }) };
      const answer = await call('POST', '/admin/users', body, 201);
      return { id: answer.json<{ data: { id: string } }>().data.id, email, password };
    },
    async addClient(options = {}) {
      const isMachine = options.applicationType === 'm2m';
      const answer = await call(
        'POST',
        '/admin/clients',
        {
          name: 'Test app',
          applicationType: 'spa',
          ...(!isMachine && { redirectUris: [APP_CALLBACK] }),
          ...options,
        },
        201,
      );
      const { data: client } = answer.json<{ data: { id: number; clientId: string; secret?: string } }>();
      const [redirectUri = APP_CALLBACK] = (options.redirectUris as string[] | undefined) ?? [];
      return { id: client.id, clientId: client.clientId, clientSecret: client.secret ?? '', redirectUri };
    },
    async addAgent(capabilities, name = `Agent ${randomBytes(3).toString('hex')}`) {
      const answer = await call('POST', '/admin/agents', { name, capabilities }, 201);
      const { data: agent } = answer.json<{ data: TestAgent }>();
      return { id: agent.id, agentId: agent.agentId, clientSecret: agent.clientSecret };
    },
    async addRole(roleSlug, permissions) {
      for (const permission of permissions) {
        const answer = await http.send('POST', `${api}/admin/permissions`, {
          apiKey: data.apiKey.key,
          json: { slug: permission, name: permission },
        });
        if (answer.status !== 409) answer.expect(201);
      }
      await call('POST', '/admin/roles', { name: roleSlug, slug: roleSlug, permissions }, 201);
      return roleSlug;
    },
    tokensOf: (person, client, scope, more = {}) =>
      signInForTokens(http, { apiPath: api, client, person, ...(scope && { scope }), ...more }),
    async agentToken(agent, scope) {
      const answer = await oauth.grant({
        grant_type: 'client_credentials',
        client_id: agent.agentId,
        client_secret: agent.clientSecret,
        ...(scope && { scope }),
      });
      return answer.access_token;
    },
  };
}

interface CreatedOrg {
  readonly id: string;
  readonly issuer: string;
  readonly admin: { readonly id: string };
  readonly apiKey: { readonly key: string };
}
