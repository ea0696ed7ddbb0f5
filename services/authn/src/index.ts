export type { AuthnApp } from './app.js';
export { authn } from './authn.module.js';
