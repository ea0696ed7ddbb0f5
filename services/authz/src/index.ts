export type { AuthzApp } from './app.js';
export { authz } from './authz.module.js';
