import { createServer } from 'node:net';
import { agents } from '@lumo/agents';
import { audit } from '@lumo/audit';
import { authn } from '@lumo/authn';
import { authz } from '@lumo/authz';
import { SERVICES } from '@lumo/contracts';
import { startEmbeddedPostgres } from '@lumo/database/embedded';
import { startGateway } from '@lumo/gateway';
import {
  type Adapters,
  instanceKeyOf,
  migrateServices,
  type OnStop,
  openAdapters,
  type RunningService,
  type ServiceDefinition,
  type Settings,
  StartupError,
  startService,
} from '@lumo/service';
import { createMasterKey } from '@lumo/token-signing';
import { banner } from './banner.js';
import { type DataDir, openDataDir } from './data-dir/open-data-dir.js';
import { createApi } from './seed/api.js';
import { seed } from './seed/seed.js';

/** Every service with a database, callees before callers. */
const DEFINITIONS = [authz, agents, authn, audit] as unknown as readonly ServiceDefinition<unknown>[];

/** The whole platform in this process: database, services, gateway, and the first org at the first start. */
export async function startStandalone(settings: Settings, logger: Adapters['logger'], onStop: OnStop): Promise<void> {
  const dataDir = await openDataDir(settings.LUMO_DATA_DIR);
  onStop(() => dataDir.release());
  await requireFreePort(settings);
  const masterKey = settings.LUMO_MASTER_KEY ?? (await dataDir.masterKey());
  const adminUrl = settings.DATABASE_URL?.reveal() ?? (await startDatabase(dataDir, logger, onStop));
  await migrateServices(adminUrl, createMasterKey(masterKey), DEFINITIONS);

  const adapters = openAdapters({
    settings,
    masterKey,
    adminUrl,
    logger,
    hosts: SERVICES,
    snapshotDir: dataDir.snapshotDir,
  });
  onStop(() => adapters.close());
  const running = new Map<string, RunningService>();
  for (const definition of DEFINITIONS) {
    const service = await startService(definition, adapters);
    onStop(() => service.close());
    await service.fastify.ready();
    running.set(definition.name, service);
  }
  await adapters.bus.start();
  onStop(() => adapters.bus.close());

  const gateway = await startGateway({ settings, adapters, services: running });
  onStop(() => gateway.close());
  const local = `http://localhost:${settings.LUMO_PORT}`;
  const bootstrap = await seed({
    api: createApi(settings.baseUrl, local),
    baseUrl: settings.baseUrl,
    instanceKey: instanceKeyOf(adapters.masterKey),
    bootstrapFile: dataDir.bootstrapFile,
    seedFile: dataDir.seedFile,
  });
  process.stdout.write(banner(settings.baseUrl, dataDir.bootstrapFile, bootstrap));
}

async function startDatabase(dataDir: DataDir, logger: Adapters['logger'], onStop: OnStop): Promise<string> {
  const server = await startEmbeddedPostgres({
    dataDir: dataDir.databaseDir,
    onOrphan: (pid) => logger.warn({ pid }, 'a database server of a killed process was stopped'),
    onCrash: (detail) => {
      logger.fatal(detail, 'the database server ended; start again');
      process.exitCode = 1;
      process.kill(process.pid, 'SIGTERM');
    },
  });
  onStop(() => server.stop());
  return server.adminUrl;
}

/** Finds a busy port before anything is started, because a start takes seconds. */
function requireFreePort({ LUMO_PORT: port, LUMO_HOST: host }: Settings): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'EADDRINUSE'
          ? 'is in use: stop what listens there, or set LUMO_PORT to another port'
          : `cannot be opened (${error.code})`;
      reject(new StartupError('port_busy', `LUMO_PORT: port ${port} on ${host} ${why}`));
    });
    probe.listen(port, host, () => probe.close(() => resolve()));
  });
}
