export type { AuditApp } from './app.js';
export { audit } from './audit.module.js';
export type { AuditTables } from './store/audit-tables.js';
