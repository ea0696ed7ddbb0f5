import type { ServiceDefinition } from '@lumo/service';
import { type AuthnApp, createApp } from './app.js';
import type { AuthnTables } from './tables.js';

/** The identity core: organizations, people, applications, keys, sessions and tokens. */
export const authn: ServiceDefinition<AuthnApp, AuthnTables> = {
  name: 'authn',
  schema: { name: 'authn', migrations: new URL('../migrations/', import.meta.url) },
  controllers: [],
  createApp,
};
