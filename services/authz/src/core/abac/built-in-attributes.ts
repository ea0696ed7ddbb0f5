import type { AttributeType, DataType } from './attribute-definition.js';
import type { AttributeRoot } from './attribute-path.js';

/** An attribute that every organization has without defining it. */
export interface BuiltInAttribute {
  readonly type: AttributeType;
  readonly slug: string;
  readonly name: string;
  readonly dataType: DataType;
  readonly description: string;
}

const builtIn =
  (type: AttributeType) =>
  (slug: string, dataType: DataType, name: string, description: string): BuiltInAttribute => ({
    type,
    slug,
    name,
    dataType,
    description,
  });
const user = builtIn('user');
const resource = builtIn('resource');
const environment = builtIn('environment');

/** Contract 3.4. What is not known of somebody is absent. */
export const BUILT_IN_ATTRIBUTES: readonly BuiltInAttribute[] = [
  user('id', 'string', 'Id', 'Id of the subject.'),
  user('type', 'string', 'Type', 'Kind of the subject: user, agent, client, api_key.'),
  user('email', 'string', 'E-mail', 'E-mail address.'),
  user('username', 'string', 'User name', 'User name.'),
  user('name', 'string', 'Name', 'Display name.'),
  user('givenName', 'string', 'Given name', 'Given name.'),
  user('familyName', 'string', 'Family name', 'Family name.'),
  user('locale', 'string', 'Locale', 'Preferred language.'),
  user('zoneinfo', 'string', 'Time zone', 'Time zone of the person.'),
  user('isAdmin', 'boolean', 'Administrator', 'Has a role that carries every admin permission.'),
  user('isSuperAdmin', 'boolean', 'Operator', 'Operates the whole installation; never a subject of an organization.'),
  user('emailVerified', 'boolean', 'E-mail verified', 'The e-mail address is proven.'),
  user('mfaEnabled', 'boolean', 'MFA enabled', 'Has a second factor.'),
  user('isActive', 'boolean', 'Active', 'The account is active.'),
  user('blocked', 'boolean', 'Blocked', 'The account is blocked.'),
  user('createdAt', 'date', 'Created', 'When the account was made.'),
  user('roles', 'array', 'Roles', 'Slugs of the roles.'),
  user('groups', 'array', 'Groups', 'Groups of the person.'),
  user('permissions', 'array', 'Permissions', 'Slugs of the effective permissions.'),
  user('tenantId', 'string', 'Organization', 'Slug of the organization.'),
  user('orgId', 'string', 'Organization', 'Slug of the organization.'),
  resource('id', 'string', 'Id', 'Id of the resource that is asked about.'),
  resource('type', 'string', 'Type', 'Type of the resource that is asked about.'),
  environment('now', 'date', 'Now', 'The moment of the decision.'),
  environment('date', 'string', 'Date', 'Today in the time zone of the organization, as 2026-03-01.'),
  environment('time', 'string', 'Time of day', 'Time in the time zone of the organization, as 08:30.'),
  environment('hour', 'number', 'Hour', '0 to 23 in the time zone of the organization.'),
  environment('dayOfWeek', 'number', 'Day of the week', '1 is Monday, 7 is Sunday.'),
  environment('isWeekend', 'boolean', 'Weekend', 'Saturday or Sunday.'),
  environment('ip', 'string', 'IP address', 'Address of the caller.'),
];

/** Spellings of the guides that mean a built-in attribute. */
const ALIASES: Readonly<Record<AttributeRoot, Readonly<Record<string, string>>>> = {
  user: {
    given_name: 'givenName',
    family_name: 'familyName',
    is_admin: 'isAdmin',
    is_super_admin: 'isSuperAdmin',
    email_verified: 'emailVerified',
    mfa_enabled: 'mfaEnabled',
    is_active: 'isActive',
    is_blocked: 'blocked',
    created_at: 'createdAt',
    tenant_id: 'tenantId',
    org_id: 'orgId',
  },
  resource: {},
  environment: {
    day_of_week: 'dayOfWeek',
    is_weekend: 'isWeekend',
    ip_address: 'ip',
    ipAddress: 'ip',
    authMethod: 'auth_method',
    riskScore: 'risk_score',
    deviceType: 'device_type',
  },
  action: {},
};

/** The name under which an attribute is kept; names that are nobody's alias stay. */
export function canonicalName(root: AttributeRoot, name: string): string {
  const aliases = ALIASES[root];
  return Object.hasOwn(aliases, name) ? (aliases[name] ?? name) : name;
}

const BY_NAME: ReadonlyMap<string, BuiltInAttribute> = new Map(
  BUILT_IN_ATTRIBUTES.map((attribute) => [`${attribute.type}.${attribute.slug}`, attribute]),
);

export function findBuiltIn(root: AttributeRoot, slug: string): BuiltInAttribute | undefined {
  return BY_NAME.get(`${root}.${slug}`);
}
