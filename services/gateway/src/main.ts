import { openClusterAdapters, runProcess } from '@lumo/service';
import { startGateway } from './start-gateway.js';

await runProcess('gateway', async (settings, logger, onStop) => {
  const adapters = openClusterAdapters(settings, logger, 'gateway');
  onStop(() => adapters.close());
  const gateway = await startGateway({ settings, adapters });
  onStop(() => gateway.close());
  logger.info({ port: settings.LUMO_PORT }, 'ready');
});
