export type { ActivityLog, EventHandler, NewEvent, Outbox } from './events/events.js';
export type { Job, JobQueue } from './jobs/jobs.js';
export { type MessagingLogger, silentLogger } from './logger.js';
export { type MessagingMetrics, noMetrics, type RpcOutcome } from './metrics.js';
export type { CallableService } from './rpc/callable.js';
export { DEFAULT_DEADLINE_MS } from './rpc/create-rpc.js';
export { createInProcessTransport } from './rpc/in-process.js';
export { implement, type Rpc, type RpcClient, type RpcHandlers, type RpcImplementation } from './rpc/rpc.js';
export type { RpcTransport, RpcTransportOptions } from './rpc/transport.js';
