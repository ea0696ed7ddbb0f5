import { z } from 'zod';

/** Who did it, as it stands in the audit record. */
export const eventActorSchema = z.object({
  type: z.enum(['anonymous', 'user', 'agent', 'client', 'api_key', 'instance', 'service']),
  id: z.string(),
  name: z.string().optional(),
});

/** A fact about a committed change. It is written to the outbox in the transaction that made the change. */
export const eventSchema = z.object({
  /** UUID v7: consumers are idempotent by it. */
  id: z.string(),
  /** A name of the catalogue, e.g. `user.created`. */
  name: z.string(),
  orgId: z.string(),
  /** ISO 8601, UTC. */
  occurredAt: z.string(),
  actor: eventActorSchema,
  /** The agents that acted for `actor`, first delegate first. Empty for a direct act. */
  actorChain: z.array(z.object({ type: z.string(), id: z.string() })),
  target: z.object({ type: z.string(), id: z.string(), name: z.string().optional() }).optional(),
  result: z.enum(['success', 'failure', 'denied']),
  /** Facts of this event. Never a secret. */
  data: z.record(z.string(), z.unknown()),
  requestId: z.string(),
  traceId: z.string().optional(),
  ip: z.string().optional(),
  userAgent: z.string().optional(),
});

export type LumoEvent = z.infer<typeof eventSchema>;

export type EventSeverity = 'info' | 'warning' | 'high';

export interface EventDefinition {
  /** Which service publishes it. */
  readonly publisher: 'authn' | 'authz' | 'agents' | 'audit';
  readonly category: 'authentication' | 'users' | 'applications' | 'authorization' | 'admin' | 'agents' | 'security';
  readonly severity: EventSeverity;
  /** One sentence for docs/events.md: what is true once it was published. */
  readonly means: string;
}

/** Every event there is. `docs/events.md` is generated from it. */
export const EVENTS = {
  'org.created': { publisher: 'authn', category: 'admin', severity: 'info', means: 'An organization exists.' },
  'org.updated': {
    publisher: 'authn',
    category: 'admin',
    severity: 'info',
    means: 'The name of an organization changed.',
  },
  'org.settings_changed': {
    publisher: 'authn',
    category: 'admin',
    severity: 'warning',
    means: 'Settings of an organization changed.',
  },
  'auth.login.success': {
    publisher: 'authn',
    category: 'authentication',
    severity: 'info',
    means: 'A person signed in and has a session.',
  },
  'auth.login.failure': {
    publisher: 'authn',
    category: 'authentication',
    severity: 'warning',
    means: 'A sign-in was refused.',
  },
  'auth.logout': {
    publisher: 'authn',
    category: 'authentication',
    severity: 'info',
    means: 'A session was ended by its owner.',
  },
  'session.revoked': {
    publisher: 'authn',
    category: 'authentication',
    severity: 'warning',
    means: 'A session, and what was issued in it, was ended before its time.',
  },
  'session.logout_undelivered': {
    publisher: 'authn',
    category: 'authentication',
    severity: 'warning',
    means: 'An application was not told that a session ended: it did not answer, or refused.',
  },
  'consent.granted': {
    publisher: 'authn',
    category: 'authentication',
    severity: 'info',
    means: 'A person let a client act with the named scopes.',
  },
  'consent.denied': {
    publisher: 'authn',
    category: 'authentication',
    severity: 'info',
    means: 'A person did not let a client act that asked from another device.',
  },
  'consent.revoked': {
    publisher: 'authn',
    category: 'authentication',
    severity: 'warning',
    means: 'A person took back what a client was allowed; its tokens are dead.',
  },
  'token.issued': {
    publisher: 'authn',
    category: 'applications',
    severity: 'info',
    means: 'The token endpoint issued tokens.',
  },
  'token.refused': {
    publisher: 'authn',
    category: 'applications',
    severity: 'warning',
    means: 'The token endpoint refused a grant.',
  },
  'token.revoked': {
    publisher: 'authn',
    category: 'applications',
    severity: 'info',
    means: 'A token, or everything of a grant, is no longer valid.',
  },
  'token.exchanged': {
    publisher: 'authn',
    category: 'agents',
    severity: 'info',
    means: 'An agent received a token that acts for a user.',
  },
  'oauth.security.code_reuse_detected': {
    publisher: 'authn',
    category: 'security',
    severity: 'high',
    means: 'An authorization code was used twice; everything it issued is revoked.',
  },
  'oauth.security.refresh_reuse_detected': {
    publisher: 'authn',
    category: 'security',
    severity: 'high',
    means: 'A rotated refresh token came back; its family is revoked.',
  },
  'user.created': { publisher: 'authn', category: 'users', severity: 'info', means: 'A user exists.' },
  'user.updated': {
    publisher: 'authn',
    category: 'users',
    severity: 'info',
    means: 'Profile or status of a user changed.',
  },
  'user.blocked': {
    publisher: 'authn',
    category: 'users',
    severity: 'warning',
    means: 'A user can no longer sign in; sessions and tokens are dead.',
  },
  'user.unblocked': {
    publisher: 'authn',
    category: 'users',
    severity: 'info',
    means: 'A blocked user can sign in again.',
  },
  'user.locked': {
    publisher: 'authn',
    category: 'security',
    severity: 'warning',
    means: 'Too many wrong passwords in a row locked an account for a while.',
  },
  'user.password_changed': {
    publisher: 'authn',
    category: 'users',
    severity: 'info',
    means: 'The password of a user was set.',
  },
  'user.deleted': {
    publisher: 'authn',
    category: 'users',
    severity: 'warning',
    means: 'A user and what belonged to it is gone.',
  },
  'app.created': { publisher: 'authn', category: 'applications', severity: 'info', means: 'An OAuth client exists.' },
  'app.updated': { publisher: 'authn', category: 'applications', severity: 'info', means: 'An OAuth client changed.' },
  'authorization_details_type.changed': {
    publisher: 'authn',
    category: 'applications',
    severity: 'info',
    means: 'A type of authorization details was registered or changed.',
  },
  'authorization_details_type.deleted': {
    publisher: 'authn',
    category: 'applications',
    severity: 'info',
    means: 'A type of authorization details was deleted.',
  },
  'app.deleted': {
    publisher: 'authn',
    category: 'applications',
    severity: 'warning',
    means: 'An OAuth client is gone and its tokens are dead.',
  },
  'app.secret.rotated': {
    publisher: 'authn',
    category: 'applications',
    severity: 'info',
    means: 'An OAuth client has a new secret.',
  },
  'initial_access_token.created': {
    publisher: 'authn',
    category: 'applications',
    severity: 'info',
    means: 'A token exists with which clients can register themselves.',
  },
  'initial_access_token.revoked': {
    publisher: 'authn',
    category: 'applications',
    severity: 'info',
    means: 'An initial access token is no longer accepted; clients registered with it stay.',
  },
  'resource.created': {
    publisher: 'authn',
    category: 'applications',
    severity: 'info',
    means: 'Clients of the organization may ask tokens for a resource.',
  },
  'resource.updated': {
    publisher: 'authn',
    category: 'applications',
    severity: 'info',
    means: 'What a resource offers changed.',
  },
  'resource.deleted': {
    publisher: 'authn',
    category: 'applications',
    severity: 'warning',
    means: 'Nobody gets tokens for a resource any more.',
  },
  'api_key.created': { publisher: 'authn', category: 'admin', severity: 'info', means: 'An API key exists.' },
  'api_key.updated': {
    publisher: 'authn',
    category: 'admin',
    severity: 'info',
    means: 'Name or scopes of an API key changed.',
  },
  'api_key.deleted': {
    publisher: 'authn',
    category: 'admin',
    severity: 'warning',
    means: 'An API key is no longer accepted.',
  },
  'signing_key.published': {
    publisher: 'authn',
    category: 'admin',
    severity: 'info',
    means: 'A signing key stands in the key set and will take over.',
  },
  'signing_key.rotated': {
    publisher: 'authn',
    category: 'admin',
    severity: 'warning',
    means: 'A signing key is active; the one before it, if any, only verifies.',
  },
  'signing_key.removed': {
    publisher: 'authn',
    category: 'admin',
    severity: 'warning',
    means: 'A signing key left the key set: what it signed is refused.',
  },
  'role.created': { publisher: 'authz', category: 'authorization', severity: 'info', means: 'A role exists.' },
  'role.updated': {
    publisher: 'authz',
    category: 'authorization',
    severity: 'info',
    means: 'A role or its permissions changed.',
  },
  'role.deleted': {
    publisher: 'authz',
    category: 'authorization',
    severity: 'warning',
    means: 'A role is gone, also from everyone who had it.',
  },
  'relation.tuples.written': {
    publisher: 'authz',
    category: 'authorization',
    severity: 'info',
    means: 'Relation tuples were written or deleted, all of them in one step.',
  },
  'relation.model.written': {
    publisher: 'authz',
    category: 'authorization',
    severity: 'warning',
    means: 'A relation model counts from now on in its store.',
  },
  'relation.assertions.written': {
    publisher: 'authz',
    category: 'authorization',
    severity: 'info',
    means: 'What a relation model is expected to answer was written down.',
  },
  'relation.store.created': {
    publisher: 'authz',
    category: 'authorization',
    severity: 'info',
    means: 'A store of relations exists.',
  },
  'relation.store.deleted': {
    publisher: 'authz',
    category: 'authorization',
    severity: 'warning',
    means: 'A store of relations is gone, with its models and tuples.',
  },
  'permission.created': {
    publisher: 'authz',
    category: 'authorization',
    severity: 'info',
    means: 'A permission exists.',
  },
  'permission.updated': {
    publisher: 'authz',
    category: 'authorization',
    severity: 'info',
    means: 'A permission changed.',
  },
  'permission.deleted': {
    publisher: 'authz',
    category: 'authorization',
    severity: 'warning',
    means: 'A permission is gone, also from roles.',
  },
  'user.role.assigned': {
    publisher: 'authz',
    category: 'authorization',
    severity: 'info',
    means: 'A subject has a role.',
  },
  'user.role.removed': {
    publisher: 'authz',
    category: 'authorization',
    severity: 'info',
    means: 'A subject no longer has a role.',
  },
  'user.permission.granted': {
    publisher: 'authz',
    category: 'authorization',
    severity: 'info',
    means: 'A subject has permissions beside its roles.',
  },
  'user.permission.revoked': {
    publisher: 'authz',
    category: 'authorization',
    severity: 'info',
    means: 'A subject no longer has a permission that was granted directly.',
  },
  'policy.created': { publisher: 'authz', category: 'authorization', severity: 'info', means: 'A policy exists.' },
  'policy.updated': {
    publisher: 'authz',
    category: 'authorization',
    severity: 'warning',
    means: 'A policy changed, or was switched on or off.',
  },
  'policy.deleted': {
    publisher: 'authz',
    category: 'authorization',
    severity: 'warning',
    means: 'A policy is gone and decides nothing more.',
  },
  'attribute.created': {
    publisher: 'authz',
    category: 'authorization',
    severity: 'info',
    means: 'An attribute that policies can read is defined.',
  },
  'attribute.updated': {
    publisher: 'authz',
    category: 'authorization',
    severity: 'info',
    means: 'The definition of an attribute changed.',
  },
  'attribute.deleted': {
    publisher: 'authz',
    category: 'authorization',
    severity: 'warning',
    means: 'An attribute is gone, and every value of it.',
  },
  'attribute.values_set': {
    publisher: 'authz',
    category: 'authorization',
    severity: 'info',
    means: 'Attributes of a subject or resource were set or taken away; their values are not told.',
  },
  'authz.settings_changed': {
    publisher: 'authz',
    category: 'authorization',
    severity: 'warning',
    means: 'How an organization combines roles, policies and relations changed.',
  },
  'authz.checked': {
    publisher: 'authz',
    category: 'authorization',
    severity: 'info',
    means: 'A permission was decided for a subject.',
  },
  'agent.created': { publisher: 'agents', category: 'agents', severity: 'info', means: 'An agent exists.' },
  'agent.updated': { publisher: 'agents', category: 'agents', severity: 'info', means: 'An agent changed.' },
  'agent.enabled': {
    publisher: 'agents',
    category: 'agents',
    severity: 'info',
    means: 'A disabled agent may act again.',
  },
  'agent.disabled': {
    publisher: 'agents',
    category: 'agents',
    severity: 'warning',
    means: 'An agent may no longer act; its tokens are dead.',
  },
  'agent.deleted': {
    publisher: 'agents',
    category: 'agents',
    severity: 'warning',
    means: 'An agent is gone; its tokens are dead.',
  },
  'agent.credentials.rotated': {
    publisher: 'agents',
    category: 'agents',
    severity: 'info',
    means: 'An agent has a new secret.',
  },
  'agent.action': {
    publisher: 'agents',
    category: 'agents',
    severity: 'info',
    means: 'An agent asked whether it may do something.',
  },
  'agent.delegated': {
    publisher: 'agents',
    category: 'agents',
    severity: 'info',
    means: 'An agent was allowed to act for a user.',
  },
  'agent.delegation_refused': {
    publisher: 'agents',
    category: 'agents',
    severity: 'warning',
    means: 'An agent was not allowed to act for a user.',
  },
  'audit.exported': {
    publisher: 'audit',
    category: 'admin',
    severity: 'warning',
    means: 'Somebody took a copy of the audit log.',
  },
} as const satisfies Record<string, EventDefinition>;

export type EventName = keyof typeof EVENTS;
