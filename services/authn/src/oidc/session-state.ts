// Seam: oidc-provider has no session management any more (OpenID Connect Session Management 1.0). The state of the browser is
// a cookie that the script of the frame can read; `session_state` joins the authorization response.
import { createHash, randomBytes } from 'node:crypto';
import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { OrgCookies } from './cookies.js';
import type { EngineDeps, EngineOrg } from './engine-deps.js';
import { hasEnded } from './front-channel-logout.js';

/** Where a session begins, goes on or ends. */
const ROUTES: ReadonlySet<string> = new Set(['authorization', 'resume', 'end_session', 'end_session_confirm']);

/** Keeps the cookie in step with the session, and gives apps the value to compare it with (sections 2 and 3.2). */
export function manageSessionState(
  provider: Provider,
  { mac }: Pick<EngineDeps, 'mac'>,
  org: EngineOrg,
  cookies: OrgCookies,
): void {
  const stateOf = (ctx: KoaContextWithOIDC): string | undefined => {
    const { session } = ctx.oidc;
    return session?.accountId && !hasEnded(ctx) ? mac('browser-state', org.id, session.uid) : undefined;
  };

  provider.use(async (ctx, next) => {
    await next();
    const engine = ctx as Partial<KoaContextWithOIDC> & typeof ctx;
    if (!engine.oidc || !ROUTES.has(engine.oidc.route)) return;
    const state = stateOf(engine as KoaContextWithOIDC);
    const known = ctx.cookies.get(cookies.browserState, { signed: false });
    // A frame of another site reads it: nothing is opened by it, and it says only whether it is still the same.
    if (known !== state) ctx.cookies.set(cookies.browserState, state ?? null, cookies.readable);
  });

  provider.on('authorization.success', (ctx, out) => {
    const state = stateOf(ctx);
    const { client_id: clientId, redirect_uri: redirectUri, scope } = ctx.oidc.params ?? {};
    const isOpenid = typeof scope === 'string' && scope.split(' ').includes('openid');
    if (!out || state === undefined || typeof clientId !== 'string' || typeof redirectUri !== 'string' || !isOpenid)
      return;
    const { origin } = new URL(redirectUri);
    // Of the browser only a web page can ask.
    if (origin !== 'null') out.session_state = sessionState({ clientId, origin, state });
  });
}

/** Section 3.2: only who knows the state of the browser can make it, and two apps cannot compare theirs. */
function sessionState({
  clientId,
  origin,
  state,
}: {
  readonly clientId: string;
  readonly origin: string;
  readonly state: string;
}): string {
  const salt = randomBytes(8).toString('base64url');
  const hash = createHash('sha256').update(`${clientId} ${origin} ${state} ${salt}`).digest('base64url');
  return `${hash}.${salt}`;
}
