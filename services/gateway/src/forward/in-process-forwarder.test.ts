import { CONTRACT_ANSWER_TIMEOUT_MS, forwarderContract } from './forwarder.contract.js';
import { createInProcessForwarder } from './in-process-forwarder.js';

forwarderContract('in process', async (service, refuse) => {
  await service.ready();
  const forwarder = createInProcessForwarder(
    {
      service: (upstream) => (upstream === 'authn' ? service : undefined),
      answerTimeoutMs: CONTRACT_ANSWER_TIMEOUT_MS,
    },
    refuse,
  );
  return { forwarder, stop: () => forwarder.close() };
});
