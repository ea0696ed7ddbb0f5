export { broadcastContract } from './broadcast.contract.js';
export { eventBusContract } from './event-bus.contract.js';
export { jobQueueContract } from './job-queue.contract.js';
export { rpcContract } from './rpc.contract.js';
