export { eventBusContract } from './event-bus.contract.js';
export { rpcContract } from './rpc.contract.js';
