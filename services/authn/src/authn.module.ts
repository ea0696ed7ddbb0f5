import type { ServiceDefinition } from '@lumo/service';
import { type AuthnApp, createApp } from './app.js';
import { ApiKeysController } from './http/api-keys.controller.js';
import { ClientsController } from './http/clients.controller.js';
import { DetailTypesController } from './http/detail-types.controller.js';
import { InstanceController } from './http/instance.controller.js';
import { mountOidc } from './http/oauth-mount.js';
import { OAUTH_OPENAPI } from './http/oauth-openapi.js';
import { RegistrationController } from './http/registration.controller.js';
import { ResourcesController } from './http/resources.controller.js';
import { SessionsController } from './http/sessions.controller.js';
import { SettingsController } from './http/settings.controller.js';
import { SigningKeysController } from './http/signing-keys.controller.js';
import { UsersController } from './http/users.controller.js';
import { authnRpc } from './rpc/authn-rpc.js';
import type { AuthnTables } from './tables.js';

/** The identity core: organizations, people, applications, keys, sessions and tokens. */
export const authn: ServiceDefinition<AuthnApp, AuthnTables> = {
  name: 'authn',
  schema: { name: 'authn', migrations: new URL('../migrations/', import.meta.url) },
  controllers: [
    UsersController,
    ClientsController,
    ApiKeysController,
    SettingsController,
    DetailTypesController,
    SigningKeysController,
    SessionsController,
    InstanceController,
    RegistrationController,
    ResourcesController,
  ],
  createApp,
  rpc: (app) => [authnRpc(app)],
  consumers: (app) => app.oidc.consumers,
  work: (app, jobs) => app.oidc.work(jobs),
  mount: (fastify, app, context) => mountOidc(fastify, app.oidc, context),
  openapi: () => OAUTH_OPENAPI,
};
