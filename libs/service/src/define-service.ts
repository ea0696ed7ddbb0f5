import type { ServiceName } from '@lumo/contracts';
import type { EventConsumers, JobQueue, RpcImplementation } from '@lumo/messaging';
import type { RequestContext } from '@lumo/tenancy';
import type { Type } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ReadinessChecks } from './health.js';
import type { HasPermission } from './http/authorize.js';
import type { OpenApiFragment } from './openapi.js';
import type { Platform } from './platform.js';

/** What a mounted engine needs from the shell to treat its requests like those of every route. */
export interface MountContext {
  /** Opens the sealed context of a request; throws 401 without one. */
  openContext(request: FastifyRequest): RequestContext;
}

/** Every service behind the gateway. */
export type BackendName = Exclude<ServiceName, 'gateway'>;

/** A service as data. The shell boots it alone (cluster) or beside the others (standalone). */
export interface ServiceDefinition<App, Tables = unknown> {
  readonly name: BackendName;
  /** PostgreSQL schema and folder of its migrations (`NNNN_name.sql`); absent for a service without a database. */
  readonly schema: { readonly name: string; readonly migrations: URL };
  /** Nest controllers whose methods carry `@Handles(route)`; they inject the app with `@Inject(APP)`. */
  readonly controllers: readonly Type[];
  createApp(platform: Platform<Tables>): App | Promise<App>;
  rpc?(app: App): readonly RpcImplementation[];
  consumers?(app: App): EventConsumers<Tables>;
  /** Registers workers and schedules. */
  work?(app: App, jobs: JobQueue): Promise<void>;
  /** Mounts what is no controller (a protocol engine) on the Fastify instance, before it is ready. */
  mount?(fastify: FastifyInstance, app: App, context: MountContext): void | Promise<void>;
  /** Descriptions of what `mount` added. */
  openapi?(app: App): OpenApiFragment;
  /** How this service learns whether a person holds an admin permission; the default asks authz. */
  hasPermission?(app: App): HasPermission;
  /** Checks beyond database and messaging. */
  readiness?(app: App): ReadinessChecks;
  close?(app: App): Promise<void>;
}
