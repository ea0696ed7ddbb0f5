/** A permission that every organization has and that nobody can change. */
export interface SystemPermission {
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  readonly resource: string;
  readonly action: string;
  /** The admin permission that stands above it: who gives it away needs that one. */
  readonly guard: string;
}

/** Custom permissions cannot begin like the admin permissions of this and later versions. */
export const RESERVED_PREFIX = 'admin:';

const admin = (area: string, what: string): SystemPermission => ({
  slug: `${RESERVED_PREFIX}${area}`,
  name: `Administer ${what}`,
  description: `Use the admin API of ${what}.`,
  resource: 'admin',
  action: area,
  guard: `${RESERVED_PREFIX}${area}`,
});

/** One permission for each admin scope of the API (contract 1.4), with the same spelling. */
export const ADMIN_PERMISSIONS: readonly SystemPermission[] = [
  admin('users', 'users'),
  admin('roles', 'roles and permissions'),
  admin('groups', 'groups'),
  admin('clients', 'applications'),
  admin('agents', 'agents'),
  admin('audit', 'audit logs'),
  admin('keys', 'API keys'),
  admin('settings', 'organization settings'),
];

export const SYSTEM_PERMISSIONS: readonly SystemPermission[] = [
  ...ADMIN_PERMISSIONS,
  {
    slug: 'authz.check',
    name: 'Check others',
    description: 'Ask what somebody else may do.',
    resource: 'authz',
    action: 'check',
    guard: 'admin:roles',
  },
  {
    slug: 'settings.manage',
    name: 'Manage settings',
    description: 'Change the settings of the organization.',
    resource: 'settings',
    action: 'manage',
    guard: 'admin:settings',
  },
  {
    slug: 'policies.view',
    name: 'View policies',
    description: 'See the policies behind a decision.',
    resource: 'policies',
    action: 'view',
    guard: 'admin:roles',
  },
  {
    slug: 'policies.manage',
    name: 'Manage policies',
    description: 'Create, change and delete policies, and how engines are combined.',
    resource: 'policies',
    action: 'manage',
    guard: 'admin:roles',
  },
  {
    slug: 'attributes.view',
    name: 'View attributes',
    description: 'Read the attributes of users and resources.',
    resource: 'attributes',
    action: 'view',
    guard: 'admin:roles',
  },
  {
    slug: 'attributes.manage',
    name: 'Manage attributes',
    description: 'Define attributes, and set them for users and resources.',
    resource: 'attributes',
    action: 'manage',
    guard: 'admin:roles',
  },
  {
    slug: 'relations.read',
    name: 'Read relations',
    description: 'Read the tuples and models of relations, and ask what somebody else may do.',
    resource: 'relations',
    action: 'read',
    guard: 'admin:roles',
  },
  {
    slug: 'relations.write',
    name: 'Write relations',
    description: 'Write and delete tuples.',
    resource: 'relations',
    action: 'write',
    guard: 'admin:roles',
  },
  {
    slug: 'relations.models.manage',
    name: 'Manage models of relations',
    description: 'Change models, stores and namespaces of relations.',
    resource: 'relations',
    action: 'models.manage',
    guard: 'admin:roles',
  },
  {
    slug: 'jit.approve',
    name: 'Approve requests',
    description: 'Decide requests for just-in-time access.',
    resource: 'jit',
    action: 'approve',
    guard: 'admin:agents',
  },
];

/** A role that a new organization starts with. */
export interface InitialRole {
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  /** Immutable, and restored by provisioning; the others belong to the organization from the first minute. */
  readonly isSystem: boolean;
  /** `everything`: every permission, present and future. */
  readonly permissions: readonly string[] | 'everything';
}

/** System and predefined roles of contract 3.3. */
export const INITIAL_ROLES: readonly InitialRole[] = [
  {
    slug: 'admin',
    name: 'Administrator',
    description: 'Every permission of the organization, present and future.',
    isSystem: true,
    permissions: 'everything',
  },
  {
    slug: 'tenant_admin',
    name: 'Tenant Admin',
    description: 'Administers the organization: people, applications, agents, roles and settings.',
    isSystem: true,
    permissions: SYSTEM_PERMISSIONS.map(({ slug }) => slug),
  },
  { slug: 'user', name: 'User', description: 'An ordinary member.', isSystem: true, permissions: [] },
  {
    slug: 'user_manager',
    name: 'User Manager',
    description: 'Administers users and groups.',
    isSystem: false,
    permissions: ['admin:users', 'admin:groups'],
  },
  {
    slug: 'app_manager',
    name: 'App Manager',
    description: 'Administers applications and agents.',
    isSystem: false,
    permissions: ['admin:clients', 'admin:agents'],
  },
  {
    slug: 'auditor',
    name: 'Auditor',
    description: 'Reads audit logs and the policies behind decisions.',
    isSystem: false,
    permissions: ['admin:audit', 'policies.view'],
  },
];
