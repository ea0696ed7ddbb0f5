export type { CreateApiKey, CreatedApiKey } from './app/create-api-key.js';
export type { CreatedClient } from './app/create-client.js';
export type { CreatedOrg, CreateOrg } from './app/create-org.js';
export type { CreatedUser, CreateUser } from './app/create-user.js';
export type { AuthnApp } from './app.js';
export { authn } from './authn.module.js';
export type { ClientDraft } from './core/client-registration.js';
