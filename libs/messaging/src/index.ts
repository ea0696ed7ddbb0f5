export type { ActivityLog, EventHandler, NewEvent, Outbox } from './events.js';
export type { Job, JobQueue } from './jobs.js';
export { implement, type Rpc, type RpcClient, type RpcHandlers, type RpcImplementation } from './rpc.js';
