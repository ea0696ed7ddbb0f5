import { eventBusContract } from '../testing/event-bus.contract.js';
import { createInProcessEventBus } from './in-process-bus.js';

eventBusContract('in process', async (options) => createInProcessEventBus(options));
