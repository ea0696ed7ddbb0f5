import type { ServiceName } from '@lumo/contracts';
import type { CorsMode } from './core/cross-origin.js';
import type { RateClass } from './rate-table.js';

/**
 * Who looks at the credentials of a request.
 * `required`: the gateway verifies; without a credential 401. `optional`: the gateway verifies what is there.
 * `instance`: the gateway verifies the operator's key. `service`: the headers pass untouched, the service authenticates
 * (OAuth client authentication, DPoP, browser sessions). `none`: whatever is there is dropped.
 */
export type AuthMode = 'required' | 'optional' | 'instance' | 'service' | 'none';

/** One budget, one for reading (GET, HEAD) and one for the rest, or none: probes must not be refused. */
export type RateRule = RateClass | { readonly read: RateClass; readonly write: RateClass } | 'uncounted';

/** The gateway's own surface answers `self` rows. */
export type RouteTarget = Exclude<ServiceName, 'gateway'> | 'self';

export interface RouteRow {
  /**
   * The path and everything below it, in whole segments; the longest match wins. `P` is the API of an org
   * (`/orgs/:org/api/v1`), `O` its web pages (`/orgs/:org`). Both are also reached under `/t/:org`.
   */
  readonly path: string;
  readonly to: RouteTarget;
  readonly auth: AuthMode;
  readonly rate: RateRule;
  readonly cors: CorsMode;
  /** Where bodies are read piece by piece and may be larger than those that are read whole. */
  readonly maxBodyBytes?: number;
  /** Asked so often that questions of one moment travel in one message; the service says the same of its route. */
  readonly together?: true;
  /** Answered by the replicas that own the org, where replicas announce themselves: they hold its data in memory. */
  readonly placed?: true;
  /** Every request asks and changes nothing: sent again where its connection broke. Bodies are read whole. */
  readonly repeatable?: true;
  /** The answer carries the `X-Request-ID` of the request, as its protocol wants it. */
  readonly echoesRequestId?: true;
  /** Answers under every host name: probes and scrapers come by address. */
  readonly anyHost?: true;
}

const ADMIN: RateRule = { read: 'admin_read', write: 'admin_write' };
/** Lines of a stream; each line is bounded by the service. */
const STREAM_BYTES = 64 * 1024 * 1024;
/** The form is shown often and posted rarely: only the post is an attempt. */
const SIGN_IN: RateRule = { read: 'public', write: 'sign_in' };

const QUESTION = {
  to: 'authz',
  auth: 'required',
  rate: 'decision',
  cors: 'client',
  placed: true,
  repeatable: true,
} as const satisfies Omit<RouteRow, 'path'>;

const QUESTIONS: readonly string[] = [
  '/api/v1/authz',
  'P/authz',
  '/api/v1/abac',
  'P/abac',
  '/api/v1/zanzibar',
  ...['expand', 'list-objects'].map((name) => `P/zanzibar/${name}`),
  ...['explain', 'expand', 'list-objects', 'list-subjects', 'who-can', 'what-can'].map((name) => `P/relations/${name}`),
  ...['read', 'batch-check', 'expand', 'list-objects', 'list-users'].map((name) => `O/openfga/stores/:store/${name}`),
];

/** One question, one word for an answer; the routes of the service say `together` as well. */
const CHECKS: readonly string[] = [
  '/api/v1/authz/check',
  'P/authz/check',
  'P/relations/check',
  '/api/v1/authz/zanzibar/check',
  '/api/v1/zanzibar/check',
  'P/zanzibar/check',
  'P/authz/zanzibar/check',
  'O/openfga/stores/:store/check',
];

const EVALUATIONS: readonly string[] = [
  '/api/v1/authz/v1/evaluation',
  'P/authz/v1/evaluation',
  'P/access/v1/evaluation',
];

/** Every public path, where it goes, who authenticates, which budget it spends. Nothing else is reachable. */
export const ROUTE_TABLE: readonly RouteRow[] = [
  // OAuth and OpenID Connect.
  { path: 'P/oauth', to: 'authn', auth: 'service', rate: 'oauth_other', cors: 'none' },
  { path: 'P/oauth/assets', to: 'authn', auth: 'none', rate: 'public', cors: 'none' },
  { path: 'P/oauth/authorize', to: 'authn', auth: 'service', rate: 'authorize', cors: 'none' },
  { path: 'P/oauth/token', to: 'authn', auth: 'service', rate: 'oauth_token', cors: 'client' },
  { path: 'P/oauth/par', to: 'authn', auth: 'service', rate: 'oauth_token', cors: 'client' },
  { path: 'P/oauth/device_authorization', to: 'authn', auth: 'service', rate: 'oauth_token', cors: 'client' },
  { path: 'P/oauth/bc-authorize', to: 'authn', auth: 'service', rate: 'oauth_token', cors: 'none' },
  { path: 'P/oauth/device', to: 'authn', auth: 'service', rate: SIGN_IN, cors: 'none' },
  { path: 'P/oauth/introspect', to: 'authn', auth: 'service', rate: 'oauth_introspect', cors: 'none' },
  { path: 'P/oauth/revoke', to: 'authn', auth: 'service', rate: 'oauth_token', cors: 'client' },
  { path: 'P/oauth/userinfo', to: 'authn', auth: 'service', rate: 'api', cors: 'client' },
  { path: 'P/oauth/login', to: 'authn', auth: 'service', rate: SIGN_IN, cors: 'none' },
  { path: 'P/oauth/login/json', to: 'authn', auth: 'service', rate: SIGN_IN, cors: 'client_with_cookies' },
  ...['P/connect', 'P/oauth/register', 'P/oidc/register'].map(
    (path): RouteRow => ({
      path,
      to: 'authn',
      auth: 'service',
      rate: { read: 'public', write: 'registration' },
      cors: 'none',
    }),
  ),
  { path: 'P/.well-known', to: 'authn', auth: 'none', rate: 'public', cors: 'any' },
  { path: 'O/.well-known', to: 'authn', auth: 'none', rate: 'public', cors: 'any' },
  // RFC 8414 section 3: the well-known name stands in front of the issuer's path.
  ...(['oauth-authorization-server', 'openid-configuration'] as const).map(
    (name): RouteRow => ({
      path: `/.well-known/${name}/orgs/:org/api/v1`,
      to: 'authn',
      auth: 'none',
      rate: 'public',
      cors: 'any',
    }),
  ),

  // Decisions.
  ...QUESTIONS.map((path): RouteRow => ({ path, ...QUESTION })),
  ...CHECKS.map((path): RouteRow => ({ path, ...QUESTION, together: true })),
  ...EVALUATIONS.map((path): RouteRow => ({ path, ...QUESTION, together: true, echoesRequestId: true })),
  { path: 'P/authz/dry-run', to: 'authz', auth: 'required', rate: ADMIN, cors: 'client', placed: true },
  { path: 'P/abac/attributes', to: 'authz', auth: 'required', rate: ADMIN, cors: 'client', placed: true },
  { path: 'P/abac/policies', to: 'authz', auth: 'required', rate: ADMIN, cors: 'client', placed: true },
  { path: 'P/abac/users', to: 'authz', auth: 'required', rate: ADMIN, cors: 'client', placed: true },
  { path: 'P/abac/resources', to: 'authz', auth: 'required', rate: ADMIN, cors: 'client', placed: true },
  ...(['/api/v1/authz/v1', 'P/authz/v1', 'P/access'] as const).map(
    (path): RouteRow => ({ path, ...QUESTION, echoesRequestId: true }),
  ),
  { path: 'P/.well-known/authzen-configuration', to: 'authz', auth: 'none', rate: 'public', cors: 'any' },
  // AuthZEN 1.0 section 9.2: the well-known name stands in front of the path of the decision point.
  {
    path: '/.well-known/authzen-configuration/orgs/:org/api/v1',
    to: 'authz',
    auth: 'none',
    rate: 'public',
    cors: 'any',
  },
  { path: 'P/zanzibar', to: 'authz', auth: 'required', rate: 'decision', cors: 'client', placed: true },
  { path: 'P/relations', to: 'authz', auth: 'required', rate: 'decision', cors: 'client', placed: true },
  {
    path: 'P/relations/checks',
    to: 'authz',
    auth: 'required',
    rate: 'decision',
    cors: 'client',
    placed: true,
    maxBodyBytes: STREAM_BYTES,
  },
  { path: 'O/openfga', to: 'authz', auth: 'required', rate: 'decision', cors: 'client', placed: true },

  // Agents.
  { path: 'P/agents', to: 'agents', auth: 'optional', rate: 'api', cors: 'client' },

  // Administration of an org.
  { path: 'P/admin/users', to: 'authn', auth: 'required', rate: ADMIN, cors: 'client' },
  { path: 'P/admin/clients', to: 'authn', auth: 'required', rate: ADMIN, cors: 'client' },
  { path: 'P/admin/oauth-clients', to: 'authn', auth: 'required', rate: ADMIN, cors: 'client' },
  { path: 'P/admin/initial-access-tokens', to: 'authn', auth: 'required', rate: ADMIN, cors: 'client' },
  { path: 'P/admin/resources', to: 'authn', auth: 'required', rate: ADMIN, cors: 'client' },
  { path: 'P/admin/api-keys', to: 'authn', auth: 'required', rate: ADMIN, cors: 'client' },
  { path: 'P/admin/tenant', to: 'authn', auth: 'required', rate: ADMIN, cors: 'client' },
  { path: 'P/admin/organization', to: 'authn', auth: 'required', rate: ADMIN, cors: 'client' },
  { path: 'P/admin/sessions', to: 'authn', auth: 'required', rate: ADMIN, cors: 'client' },
  { path: 'P/admin/tokens', to: 'authn', auth: 'required', rate: ADMIN, cors: 'client' },
  { path: 'P/admin/signing-keys', to: 'authn', auth: 'required', rate: ADMIN, cors: 'client' },
  { path: 'P/admin/authorization-details-types', to: 'authn', auth: 'required', rate: ADMIN, cors: 'client' },
  { path: 'P/admin/settings', to: 'authn', auth: 'required', rate: ADMIN, cors: 'client' },
  { path: 'P/admin/roles', to: 'authz', auth: 'required', rate: ADMIN, cors: 'client', placed: true },
  { path: 'P/admin/permissions', to: 'authz', auth: 'required', rate: ADMIN, cors: 'client', placed: true },
  { path: 'P/admin/abac', to: 'authz', auth: 'required', rate: ADMIN, cors: 'client', placed: true },
  {
    path: 'P/admin/users/:userId/attributes',
    to: 'authz',
    auth: 'required',
    rate: ADMIN,
    cors: 'client',
    placed: true,
  },
  { path: 'P/admin/settings/authorization', to: 'authz', auth: 'required', rate: ADMIN, cors: 'client', placed: true },
  { path: 'P/admin/zanzibar', to: 'authz', auth: 'required', rate: ADMIN, cors: 'client', placed: true },
  { path: 'P/admin/agents', to: 'agents', auth: 'required', rate: ADMIN, cors: 'client' },
  { path: 'P/admin/audit-logs', to: 'audit', auth: 'required', rate: ADMIN, cors: 'client' },
  { path: 'P/admin/audit-logs/export', to: 'audit', auth: 'required', rate: 'audit_export', cors: 'client' },

  // The operator of the installation.
  { path: '/api/v1/instance', to: 'authn', auth: 'instance', rate: 'instance', cors: 'none' },

  // The gateway itself.
  { path: '/openapi.json', to: 'self', auth: 'none', rate: 'public', cors: 'any' },
  { path: '/docs', to: 'self', auth: 'none', rate: 'public', cors: 'none' },
  { path: '/livez', to: 'self', auth: 'none', rate: 'uncounted', cors: 'none', anyHost: true },
  { path: '/readyz', to: 'self', auth: 'none', rate: 'uncounted', cors: 'none', anyHost: true },
  { path: '/metrics', to: 'self', auth: 'none', rate: 'uncounted', cors: 'none', anyHost: true },
];
