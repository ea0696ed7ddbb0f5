export {
  type Broadcast,
  type BroadcastTransport,
  type BroadcastTransportOptions,
  MAX_BROADCAST_BYTES,
} from './broadcast/broadcast.js';
export { createInProcessBroadcast } from './broadcast/in-process-broadcast.js';
export type { EventBus, EventBusOptions, Subscriptions } from './events/bus.js';
export type {
  ActivityLog,
  EventConsumers,
  EventDatabase,
  EventHandler,
  NewEvent,
  Outbox,
  SqlTransaction,
} from './events/events.js';
export { createInProcessEventBus } from './events/in-process-bus.js';
export { deadLetterCount, pendingEvents } from './events/outbox-table.js';
export { createPublisher, type EventPublisher } from './events/publisher.js';
export { DEFAULT_RETRY, type RetryPolicy } from './events/retry-policy.js';
export { type BullMqJobQueueOptions, createBullMqJobQueue } from './jobs/bullmq.js';
export type { JobQueueOptions } from './jobs/create-job-queue.js';
export type { Job, JobQueue } from './jobs/jobs.js';
export { createPgBossJobQueue, JOBS_SCHEMA, type PgBossJobQueueOptions } from './jobs/pg-boss.js';
export { type MessagingLogger, silentLogger } from './logger.js';
export { type MessagingMetrics, noMetrics, type RpcOutcome } from './metrics.js';
export { MESSAGING_MIGRATIONS } from './migrations.js';
export { createJetStreamEventBus, type JetStreamEventBusOptions } from './nats/jetstream-bus.js';
export { createNatsBroadcast } from './nats/nats-broadcast.js';
export { type NatsLink, type NatsLinkOptions, openNats } from './nats/nats-link.js';
export { createNatsTransport } from './nats/nats-rpc.js';
export type { CallableService } from './rpc/callable.js';
export { DEFAULT_DEADLINE_MS } from './rpc/create-rpc.js';
export { createInProcessTransport } from './rpc/in-process.js';
export { implement, type Rpc, type RpcClient, type RpcHandlers, type RpcImplementation } from './rpc/rpc.js';
export type { RpcTransport, RpcTransportOptions } from './rpc/transport.js';
