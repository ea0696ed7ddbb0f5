import { lookup } from 'node:dns/promises';
import { err, literalAddress, ok, type Result } from '@lumo/kit';
import { mayConnect, type TargetPolicy } from './check-target.js';
import type { EgressFailure } from './egress.js';

/** All addresses of a name, as the connection would get them. Rejects where it has none. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

/** Asks the resolver of the machine once, for every address. */
export const resolveByMachine: Resolve = async (hostname) =>
  (await lookup(hostname, { all: true, order: 'verbatim' })).map(({ address }) => address);

/**
 * The addresses that a connection may go to. One address that is not allowed refuses them all: a name that has a public and
 * a private one is what DNS rebinding looks like, and connections try one after the other.
 */
export async function resolveTarget(
  url: URL,
  policy: TargetPolicy,
  resolve: Resolve,
): Promise<Result<readonly string[], EgressFailure>> {
  const literal = literalAddress(url);
  const addresses = literal === undefined ? await resolve(url.hostname).catch(() => []) : [literal];
  if (addresses.length === 0) return err({ reason: 'name_unresolved' });
  const refused = addresses.find((address) => !mayConnect(address, url, policy));
  return refused === undefined ? ok(addresses) : err({ reason: 'address_refused', detail: refused });
}
