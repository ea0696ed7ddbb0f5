import { rpcContract } from '../testing/rpc.contract.js';
import { createInProcessTransport } from './in-process.js';

rpcContract('in process', async (options) => createInProcessTransport(options));
