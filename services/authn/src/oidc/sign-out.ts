// Seam: oidc-provider signs out in two steps with a page of its own between them, and without a session it posts a form by
// script. Here the page is ours, a valid id_token_hint of the person signed in stands for the confirmation, and with no
// session there is nothing to confirm.
import type { Configuration, KoaContextWithOIDC, Session } from 'oidc-provider';
import { pageHeaders, renderLoggedOut, renderLogoutConfirm } from '../pages/index.js';
import type { OrgCookies } from './cookies.js';
import type { EngineDeps, EngineOrg } from './engine-deps.js';
import { rememberEnded } from './front-channel-logout.js';
import { pageFrame } from './page-frame.js';

type SignOutPages = NonNullable<NonNullable<Configuration['features']>['rpInitiatedLogout']>;

export function signOut(deps: EngineDeps, org: EngineOrg, cookies: OrgCookies): SignOutPages {
  const frame = pageFrame(org);
  return {
    enabled: true,
    /** Called where somebody is signed in. */
    async logoutSource(ctx) {
      const { session, entities, params } = ctx.oidc;
      if (!session) return;
      if (entities.IdTokenHint?.payload.sub === session.accountId) {
        await endSession(ctx, session, deps, cookies);
        redirectAfter(ctx, org);
        return;
      }
      const target = params?.post_logout_redirect_uri;
      const account = session.accountId ? await deps.users.byId(session.accountId) : undefined;
      ctx.set(pageHeaders(typeof target === 'string' ? [target] : []));
      ctx.body = renderLogoutConfirm({
        frame,
        action: `${org.mount}/oauth/logout/confirm`,
        csrf: { fieldName: 'xsrf', value: String(session.state?.secret ?? '') },
        ...(account && { account: { email: account.email } }),
      });
    },
    postLogoutSuccessSource(ctx) {
      const name = ctx.oidc.client?.clientName;
      ctx.set(pageHeaders());
      ctx.body = renderLoggedOut({ frame, ...(name && { client: { name } }) });
    },
  };
}

/** Takes the place of the form that the engine would post by script for a browser that nobody is signed in with. */
export function nobodySignedIn(ctx: KoaContextWithOIDC, org: EngineOrg): void {
  ctx.body = null;
  redirectAfter(ctx, org);
}

/** As the engine does on confirmation: what was issued for this session only ends with it. */
async function endSession(
  ctx: KoaContextWithOIDC,
  session: Session,
  { transactions, endSessions }: EngineDeps,
  cookies: OrgCookies,
): Promise<void> {
  rememberEnded(await transactions.run((tx) => endSessions(tx, { uid: session.uid }, 'signed_out')));
  await session.destroy();
  ctx.oidc.cookies.set(cookies.session, null, cookies.wide);
}

/** The engine has checked by now that the address is registered for the client. */
function redirectAfter(ctx: KoaContextWithOIDC, org: EngineOrg): void {
  const { post_logout_redirect_uri: target, state } = ctx.oidc.params ?? {};
  ctx.status = 303;
  if (typeof target !== 'string') {
    ctx.redirect(`${org.issuer}/oauth/logout/success`);
    return;
  }
  const url = new URL(target);
  if (typeof state === 'string') url.searchParams.set('state', state);
  ctx.redirect(url.href);
}
