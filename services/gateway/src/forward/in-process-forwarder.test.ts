import { forwarderContract } from './forwarder.contract.js';
import { createInProcessForwarder } from './in-process-forwarder.js';

forwarderContract('in process', async (service, refuse, answerTimeoutMs) => {
  await service.ready();
  return createInProcessForwarder(
    { service: (upstream) => (upstream === 'authn' ? service : undefined), answerTimeoutMs },
    refuse,
  );
});
