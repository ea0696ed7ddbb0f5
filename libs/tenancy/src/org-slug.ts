import { err, isUuid, ok, type Result } from '@lumo/kit';

/** Three to 63 characters, as in a DNS label, so that a slug can be a host name later. */
const SLUG = /^[a-z0-9](?:[a-z0-9-]{1,61}[a-z0-9])$/;

/** Names that are paths, hosts or roles of the platform: an org called so could be taken for the platform itself. */
const RESERVED: ReadonlySet<string> = new Set([
  ...[
    'account',
    'accounts',
    'admin',
    'administrator',
    'api',
    'app',
    'apps',
    'assets',
    'audit',
    'auth',
    'authn',
    'authz',
  ],
  ...['billing', 'bootstrap', 'cdn', 'console', 'dashboard', 'default', 'dev', 'docs', 'health', 'healthz', 'help'],
  ...[
    'idp',
    'instance',
    'internal',
    'livez',
    'localhost',
    'login',
    'logout',
    'lumo',
    'lumoauth',
    'mail',
    'mcp',
    'metrics',
  ],
  ...[
    'new',
    'none',
    'null',
    'oauth',
    'oauth2',
    'oidc',
    'openapi',
    'operator',
    'org',
    'organization',
    'organizations',
    'orgs',
  ],
  ...[
    'portal',
    'postmaster',
    'public',
    'readyz',
    'register',
    'root',
    'saml',
    'scim',
    'security',
    'session',
    'signin',
    'signup',
  ],
  ...[
    'sso',
    'static',
    'status',
    'support',
    'system',
    'tenant',
    'tenants',
    'test',
    'undefined',
    'user',
    'users',
    'well-known',
  ],
  ...['webmaster', 'www'],
]);

export type SlugProblem = 'malformed' | 'reserved' | 'looks_like_id';

/** Whether a text may become the slug of an org. It stays its slug for ever: issuers and bookmarks hold it. */
export function checkOrgSlug(text: string): Result<string, SlugProblem> {
  if (isUuid(text)) return err('looks_like_id');
  if (!isOrgSlug(text)) return err('malformed');
  if (RESERVED.has(text) || text.startsWith('xn--')) return err('reserved');
  return ok(text);
}

/** Whether a text has the shape of a slug, also one that is reserved: a lookup need not ask for anything else. */
export function isOrgSlug(text: string): boolean {
  return SLUG.test(text);
}
