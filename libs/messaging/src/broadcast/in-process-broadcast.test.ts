import { broadcastContract } from '../testing/broadcast.contract.js';
import { createInProcessBroadcast } from './in-process-broadcast.js';

broadcastContract('in process', async (options) => createInProcessBroadcast(options));
