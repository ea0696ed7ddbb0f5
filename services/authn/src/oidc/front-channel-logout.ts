// Seam: oidc-provider has no front-channel logout any more. Which sessions a request ended is kept beside the request; the
// redirect that follows is then replaced by a page that loads their apps in frames and goes on to the same address.
import type { KoaContextWithOIDC } from 'oidc-provider';
import Provider from 'oidc-provider';
import { frontchannelLogoutUrl } from '../core/logout-token.js';
import type { EndedSession } from '../oidc-ports.js';
import { isLinkable, pageHeaders, renderLogoutFrames } from '../pages/index.js';
import type { EngineDeps, EngineOrg } from './engine-deps.js';
import { pageFrame } from './page-frame.js';

const endedIn = new WeakMap<object, readonly EndedSession[]>();

/** Of the request that the engine is working on. */
export function rememberEnded(sessions: readonly EndedSession[]): void {
  const request = Provider.ctx?.req;
  if (request && sessions.length > 0) endedIn.set(request, sessions);
}

/** Whether this request ended a session. */
export function hasEnded({ req }: KoaContextWithOIDC): boolean {
  return endedIn.has(req);
}

/** Puts the page in the way of the redirect, where a client of an ended session has a front channel. */
export async function tellFrontChannels(
  ctx: KoaContextWithOIDC,
  { clients }: Pick<EngineDeps, 'clients'>,
  org: EngineOrg,
): Promise<void> {
  const target = ctx.response.get('location');
  // A page cannot go on to an app's own scheme without a click.
  if (ctx.status !== 303 || !isLinkable(target)) return;
  const sessions = endedIn.get(ctx.req) ?? [];
  const frames: string[] = [];
  for (const { clientId, sid } of sessions.flatMap((session) => session.clients)) {
    const uri = (await clients.find(clientId))?.client.protocol.frontchannelLogoutUri;
    if (uri) frames.push(frontchannelLogoutUrl(uri, { issuer: org.issuer, ...(sid !== undefined && { sid }) }));
  }
  if (frames.length === 0) return;
  ctx.remove('location');
  ctx.status = 200;
  ctx.set(pageHeaders([], frames));
  ctx.body = renderLogoutFrames({ frame: pageFrame(org), frames, goOnTo: target });
}
