/** Every scope an API key can have (contract 1.4). */
export const API_KEY_SCOPES = [
  'admin:read',
  'admin:write',
  'admin:users',
  'admin:roles',
  'admin:groups',
  'admin:clients',
  'admin:clients:register',
  'admin:agents',
  'admin:webhooks',
  'admin:audit',
  'admin:keys',
  'admin:settings',
  'authz:check',
] as const;

const AREAS = ['users', 'roles', 'groups', 'clients', 'agents', 'webhooks', 'audit', 'keys', 'settings'] as const;

/** Dotted spellings that OAuth scopes of people's tokens use for the same rights. */
const SPELLINGS: Readonly<Record<string, string>> = { 'admin.read': 'admin:read', 'admin.write': 'admin:write' };

/**
 * Scopes over the data of the decision engines, in both of their spellings (`relations.read`, `relations:read`), and what
 * each is a right to. They belong to who administers roles.
 */
const ENGINES: Readonly<Record<string, readonly string[]>> = {
  'relations.read': ['read:relations'],
  'relations.write': ['write:relations'],
  'relations.models.manage': ['manage:relations'],
  'policies.view': ['read:policies'],
  'policies.manage': ['read:policies', 'manage:policies'],
  'attributes.view': ['read:attributes'],
  'attributes.manage': ['read:attributes', 'manage:attributes'],
};
const OF_ENGINES = [...new Set(Object.values(ENGINES).flat())];
const READING_OF_ENGINES = OF_ENGINES.filter((right) => right.startsWith('read:'));

/** Whether a scope opens the admin API, asks about others, or reaches the data of decisions: giving it needs holding it. */
export function isPrivileged(scope: string): boolean {
  return scope === 'admin' || /^(?:admin|authz|relations|policies|attributes)[.:]/.test(scope);
}

/** What a scope allows, as rights that can be compared: `read:users`, `write:users`, … */
function rightsOf(scope: string): readonly string[] {
  const name = SPELLINGS[scope] ?? scope;
  if (name === 'admin') return [...rightsOf('admin:read'), ...rightsOf('admin:write'), 'register', 'authz:check'];
  if (name === 'admin:read') return [...AREAS.map((area) => `read:${area}`), ...READING_OF_ENGINES];
  if (name === 'admin:write') return [...AREAS.map((area) => `write:${area}`), 'register', ...OF_ENGINES];
  const dotted = name.replace(':', '.');
  if (Object.hasOwn(ENGINES, dotted)) return ENGINES[dotted] ?? [];
  if (name === 'admin:clients:register') return ['register'];
  const area = /^admin:([a-z]+)$/.exec(name)?.[1];
  if (area === 'clients') return ['read:clients', 'write:clients', 'register'];
  if (area === 'roles') return ['read:roles', 'write:roles', ...OF_ENGINES];
  return area ? [`read:${area}`, `write:${area}`] : [name];
}

/**
 * The privileged scopes among `wanted` that go beyond what is held. Who hands out more than this empty list would
 * raise its own rights through a key or a client that it made.
 */
export function beyondScopes(held: readonly string[], wanted: readonly string[]): readonly string[] {
  const rights = new Set(held.flatMap(rightsOf));
  return wanted.filter((scope) => isPrivileged(scope) && !rightsOf(scope).every((right) => rights.has(right)));
}

/** The permissions of the org's roles that a person needs, to hand out a privileged scope. */
export function permissionsFor(scope: string): readonly string[] {
  const permissions = ['users', 'roles', 'groups', 'clients', 'agents', 'audit', 'keys', 'settings'];
  const areas = new Set(rightsOf(scope).map((right) => right.replace(/^(?:read|write|manage):/, '')));
  const needed = permissions.filter((name) => areas.has(name) || (name === 'clients' && areas.has('register')));
  // Webhooks and decisions about others have no permission of their own; settings and roles stand above them.
  if (areas.has('webhooks')) needed.push('settings');
  if (['authz:check', 'relations', 'policies', 'attributes'].some((area) => areas.has(area))) needed.push('roles');
  return [...new Set(needed)].map((name) => `admin:${name}`);
}

/** Principals that no org's roles limit: the operator of the installation, and the platform itself. */
export function standsAboveOrgs(principal: { readonly type: string }): boolean {
  return principal.type === 'instance' || principal.type === 'service';
}

/** Whether scopes let a key register clients at the registration endpoint (contract 1.4). */
export function mayRegister(scopes: readonly string[]): boolean {
  return scopes.flatMap(rightsOf).includes('register');
}

/** Whether scopes let a machine, or a person's token, change an area of the org. */
export function mayWrite(scopes: readonly string[], area: (typeof AREAS)[number]): boolean {
  return scopes.flatMap(rightsOf).includes(`write:${area}`);
}

/**
 * The permissions of `target` that reach further than what the caller may do. Who can set the password of a person can
 * become that person, so nobody administers an account that outranks the own one.
 */
export function outranking(
  target: Iterable<string>,
  caller: { readonly scopes: readonly string[]; readonly permissions?: ReadonlySet<string> },
): readonly string[] {
  const rights = new Set(caller.scopes.flatMap(rightsOf));
  const reaches = (slug: string) =>
    rightsOf(slug).every((right) => right.startsWith('read:') || rights.has(right)) &&
    (caller.permissions?.has(slug) ?? true);
  return [...target].filter((slug) => isPrivileged(slug) && slug.startsWith('admin') && !reaches(slug));
}
