import type { ServiceDefinition } from '@lumo/service';
import { type AuditApp, createApp } from './app.js';
import { AuditController } from './http/audit.controller.js';
import type { AuditTables } from './store/audit-tables.js';

/** The append-only log of every organization, and the only service that writes it. */
export const audit: ServiceDefinition<AuditApp, AuditTables> & { readonly name: 'audit' } = {
  name: 'audit',
  schema: { name: 'audit', migrations: new URL('../migrations/', import.meta.url) },
  controllers: [AuditController],
  createApp,
  consumers: (app) => ({ '*': app.appendEvents }),
};
