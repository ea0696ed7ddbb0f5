export { ERRORS, type ErrorDefinition } from './errors.js';
export {
  EVENTS,
  type EventDefinition,
  type EventName,
  type EventSeverity,
  eventSchema,
  type LumoEvent,
} from './events.js';
export * as agentsV1 from './gen/lumo/agents/v1/agents_pb.js';
export * as authnV1 from './gen/lumo/authn/v1/authn_pb.js';
export * as authzV1 from './gen/lumo/authz/v1/authz_pb.js';
export { RPC_SERVICES } from './rpc-services.js';
export { BROADCASTS, type BroadcastTopic, CALLS, SERVICES, type ServiceName, SUBSCRIPTIONS } from './topology.js';
