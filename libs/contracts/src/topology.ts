/** Every service that has a process of its own in the cluster. */
export const SERVICES = ['gateway', 'authn', 'authz', 'agents', 'audit'] as const;

export type ServiceName = (typeof SERVICES)[number];

/** Who may call whom by RPC. A DAG: results return by the call, news travels as events. */
export const CALLS = {
  gateway: ['authn'],
  authn: ['agents', 'authz'],
  agents: ['authz'],
  audit: ['authz'],
  authz: [],
} as const satisfies Record<ServiceName, readonly ServiceName[]>;

/** Who consumes which events. `*` is every event. */
export const SUBSCRIPTIONS = {
  gateway: [],
  authn: [
    'auth.logout',
    'session.revoked',
    'agent.updated',
    'agent.disabled',
    'agent.deleted',
    'agent.credentials.rotated',
  ],
  authz: [
    'org.created',
    'user.created',
    'user.updated',
    'user.blocked',
    'user.unblocked',
    'user.deleted',
    'agent.deleted',
  ],
  agents: ['user.deleted'],
  audit: ['*'],
} as const satisfies Record<ServiceName, readonly string[]>;

/**
 * Passing news between processes, by topic: who says it and who listens. Nothing may depend on its arrival.
 * `authz.changed`: an org's authorization data has a new revision. `replica.alive`: a process of a service takes requests.
 */
export const BROADCASTS = {
  'authz.changed': { from: ['authz'], to: ['authz'] },
  'replica.alive': { from: ['authz'], to: ['gateway'] },
} as const satisfies Record<string, { readonly from: readonly ServiceName[]; readonly to: readonly ServiceName[] }>;

export type BroadcastTopic = keyof typeof BROADCASTS;
