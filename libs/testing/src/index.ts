export { freePort } from '@lumo/database/embedded';
export { type FakeClock, fakeClock } from './fake-clock.js';
export { findProgram, type LocalServer } from './local-server.js';
export { startNats } from './nats-server.js';
export { startRedis } from './redis-server.js';
export { checkTenantTables, type TenantTablesReport } from './tenant-tables.js';
export { type TestDatabase, type TestSchema, testDatabase } from './test-database.js';
export { startTestServer, type TestServer } from './test-server.js';
