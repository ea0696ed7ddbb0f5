import { BROADCASTS, type ServiceName } from '@lumo/contracts';
import { StartupError } from '@lumo/database';
import { isDomainError } from '@lumo/kit';
import type { Logger } from 'pino';
import { type Adapters, migrateServices, openAdapters } from './adapters.js';
import { announceReplica, reachableUrl } from './announce-replica.js';
import type { BackendName, ServiceDefinition } from './define-service.js';
import { checkReadiness } from './health.js';
import { createLogger } from './logger.js';
import { requireRedis } from './require-redis.js';
import { missingSetting, readSettings, type Settings } from './settings.js';
import { startService } from './start-service.js';
import { startTracing } from './tracing.js';

/** Ports of the services on one machine; `LUMO_SERVICE_PORT` names another. */
export const SERVICE_PORTS: Readonly<Record<BackendName, number>> = {
  authn: 8001,
  authz: 8002,
  agents: 8003,
  audit: 8004,
};

/** Boots one service as a process of its own: the body of its `main.ts`. */
export async function runService<App, Tables>(definition: ServiceDefinition<App, Tables>): Promise<void> {
  await runProcess(definition.name, async (settings, logger, onStop) => {
    const adapters = openClusterAdapters(settings, logger, definition.name);
    onStop(() => adapters.close());
    await migrateServices(adapters.adminUrl, adapters.masterKey, [definition as ServiceDefinition<unknown>]);
    const service = await startService(definition, adapters);
    onStop(() => service.close());
    const { fastify } = service;
    fastify.get('/livez', async () => ({ status: 'ok' }));
    fastify.get('/readyz', async (_request, reply) => {
      const [own, shared] = await Promise.all([service.readiness(), checkReadiness(adapters.readiness)]);
      const ready = own.ready && shared.ready;
      return reply
        .code(ready ? 200 : 503)
        .send({ status: ready ? 'ok' : 'unavailable', parts: { ...own.parts, ...shared.parts } });
    });
    fastify.get('/metrics', async (_request, reply) =>
      reply.type(adapters.metrics.registry.contentType).send(await adapters.metrics.registry.metrics()),
    );
    await adapters.bus.start();
    onStop(() => adapters.bus.close());
    const port = settings.LUMO_SERVICE_PORT ?? SERVICE_PORTS[definition.name];
    await fastify.listen({ port, host: settings.LUMO_HOST });
    const announcers: readonly ServiceName[] = BROADCASTS['replica.alive'].from;
    if (announcers.includes(definition.name)) {
      const url = settings.LUMO_SERVICE_URL ?? reachableUrl(settings.LUMO_HOST, port);
      const broadcast = adapters.broadcast.as<ServiceName>(definition.name);
      const announcement = announceReplica({ broadcast, service: definition.name, url });
      onStop(() => announcement.leave());
    }
    logger.info({ port }, 'ready');
  });
}

/** The adapters of a process that is one service of a cluster: NATS, the database and the master key are given. */
export function openClusterAdapters(settings: Settings, logger: Logger, name: ServiceName): Adapters {
  if (!settings.DATABASE_URL) throw missingSetting('DATABASE_URL');
  if (!settings.NATS_URL) throw missingSetting('NATS_URL');
  if (!settings.LUMO_MASTER_KEY) throw missingSetting('LUMO_MASTER_KEY');
  return openAdapters({
    settings,
    masterKey: settings.LUMO_MASTER_KEY,
    adminUrl: settings.DATABASE_URL.reveal(),
    logger,
    hosts: [name],
  });
}

/** Registers what to undo at the end; the last one registered is undone first. */
export type OnStop = (undo: () => Promise<unknown>) => void;

const STOP_TIMEOUT_MS = 20_000;

/**
 * The life of a process: settings, start, signals, drain, exit code. A start that fails prints one line and exits with 1;
 * whatever had started by then is stopped.
 */
export async function runProcess(
  name: string,
  start: (settings: Settings, logger: Logger, onStop: OnStop) => Promise<void>,
): Promise<void> {
  const undo: (() => Promise<unknown>)[] = [];
  let isStopping = false;
  let starting: Promise<void> = Promise.resolve();
  let logger: Logger | undefined;

  async function unwind(): Promise<void> {
    for (let step = undo.pop(); step; step = undo.pop()) {
      await step().catch((error: unknown) => logger?.error({ err: error }, 'a part did not stop cleanly'));
    }
  }

  function stop(code: number): void {
    process.exitCode ||= code;
    if (isStopping) return;
    isStopping = true;
    // In the middle of the start: what the step in hand opens must be known before it can be closed.
    void starting
      .catch(() => {})
      .then(unwind)
      .finally(() => process.exit());
    // Something that does not let go must not keep a deployment waiting.
    setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref();
  }

  process.on('SIGINT', () => stop(0));
  process.on('SIGTERM', () => stop(0));
  process.on('SIGHUP', () => stop(0));
  // The bootstrap holds the other end; when it goes, however it went, nobody could stop this process any more.
  process.on('disconnect', () => stop(0));

  try {
    const settings = readSettings(process.env);
    logger = createLogger(settings.LOG_LEVEL, name);
    const stopTracing = await startTracing(settings.OTEL_EXPORTER_OTLP_ENDPOINT, name);
    undo.push(stopTracing);
    await requireRedis(settings);
    starting = start(settings, logger, (step) => {
      undo.push(step);
      if (isStopping) throw new StartInterrupted();
    });
    await starting;
  } catch (error) {
    if (error instanceof StartInterrupted) return;
    const text = error instanceof StartupError ? error.message : describe(error);
    process.stderr.write(`lumoauth ${name}: ${text}\n`);
    stop(1);
  }
}

/** Ends a start at its next step, because a signal came. */
class StartInterrupted extends Error {
  override readonly name = 'StartInterrupted';
}

function describe(error: unknown): string {
  if (isDomainError(error)) return `${error.message}${error.cause instanceof Error ? ` (${error.cause.message})` : ''}`;
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') return `port ${port} is in use: stop what listens there, or set LUMO_PORT to another port`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
