import type { AccountPage, AccountPages } from '../oidc/account-pages.js';
import type { Oidc } from '../oidc/create-oidc.js';
import { sendFlowAnswer } from './interaction-pages.js';
import type { OAuthHandler } from './oauth-mount.js';
import { readParameters, readQuery } from './oauth-parameters.js';

/** One page of the account: its GET and, where it has a form, its POST. */
export function accountPage(oidc: Oidc, name: keyof AccountPages): OAuthHandler {
  return async (request, reply) => {
    const engine = await oidc.engines.current();
    const show: AccountPage = oidc.accountPages[name];
    const answer = await show(engine, {
      query: new URLSearchParams(readQuery(request)),
      cookies: request.headers.cookie,
      ...(request.method === 'POST' && { form: readParameters(request) }),
    });
    return sendFlowAnswer(reply, answer);
  };
}
