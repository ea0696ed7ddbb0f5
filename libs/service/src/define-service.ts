import type { EventName, ServiceName } from '@lumo/contracts';
import type { EventHandler, JobQueue, RpcImplementation } from '@lumo/messaging';
import type { Type } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import type { Platform } from './platform.js';

/** A service as data. The shell boots it alone (cluster) or beside the others (standalone). */
export interface ServiceDefinition<App, Tables = unknown> {
  readonly name: ServiceName;
  /** PostgreSQL schema and folder of its migrations (`NNNN_name.sql`); absent for a service without a database. */
  readonly schema?: { readonly name: string; readonly migrations: URL };
  /** Nest controllers whose methods carry `@Handles(route)`; they inject the app with `@Inject(APP)`. */
  readonly controllers: readonly Type[];
  createApp(platform: Platform<Tables>): App | Promise<App>;
  rpc?(app: App): readonly RpcImplementation[];
  consumers?(app: App): Partial<Record<EventName | '*', EventHandler>>;
  /** Registers workers and schedules. */
  work?(app: App, jobs: JobQueue): Promise<void>;
  /** Mounts what is no Nest controller (a protocol engine) on the raw Fastify instance, before it is ready. */
  mount?(fastify: FastifyInstance, app: App): void | Promise<void>;
  close?(app: App): Promise<void>;
}
