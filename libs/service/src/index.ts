export { StartupError } from '@lumo/database';
export { type AdapterOptions, type Adapters, migrateServices, openAdapters, rolePassword } from './adapters.js';
export type { BackendName, MountContext, ServiceDefinition } from './define-service.js';
export {
  type AllowedTargets,
  createEgress,
  type Egress,
  type EgressFailure,
  type EgressOptions,
  type EgressPurpose,
  type EgressRequest,
  type EgressResponse,
  parseAllowedTargets,
  type Resolve,
} from './egress/index.js';
export { checkReadiness, type Readiness, type ReadinessChecks } from './health.js';
export {
  ASK_ALONE,
  TOGETHER_PATH,
  TOGETHER_TYPE,
  type TogetherAnswer,
  type TogetherItem,
} from './http/answer-together.js';
export type { HasPermission } from './http/authorize.js';
export {
  type ListBody,
  listBody,
  listOf,
  listQuery,
  messageOnly,
  type PageMeta,
  type PageOf,
  type PageRequest,
  problemSchema,
  single,
} from './http/envelopes.js';
export { Handles } from './http/handles.js';
export { type Problem, type ProblemResponse, toProblem } from './http/problem.js';
export { CONTEXT_HEADER } from './http/register-routes.js';
export {
  type Access,
  type AdminScope,
  anyPrincipal,
  clientAuth,
  type Input,
  type InputOf,
  instanceOperator,
  type Method,
  publicRoute,
  type RefusalFace,
  type Route,
  requires,
  route,
} from './http/route.js';
export { parseStrictJson } from './http/strict-json.js';
export { endUnusedConnections, watchConnections } from './http/unused-connections.js';
export { APP } from './injection.js';
export { instanceKeyOf } from './instance-key.js';
export { createLogger } from './logger.js';
export { createMetrics, type Metrics } from './metrics.js';
export type { OpenApiFragment, OpenApiPaths } from './openapi.js';
export type { Platform } from './platform.js';
export { decodeReplicaNews, type ReplicaNews } from './replica-news.js';
export { type OnStop, openClusterAdapters, runProcess, runService, SERVICE_PORTS } from './run-service.js';
export {
  type HashCost,
  type HeaderValue,
  missingSetting,
  type RateLimitSetting,
  readSettings,
  SETTINGS,
  type Settings,
  settingsTable,
} from './settings.js';
export { MAX_BODY_BYTES, type RunningService, startService } from './start-service.js';
export { startTracing } from './tracing.js';
