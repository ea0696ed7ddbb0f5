import { isDomainError } from '@lumo/kit';
import { currentContext } from '@lumo/tenancy';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { pageHeaders, renderError } from '../pages/index.js';
import type { EngineOrg } from './engine-deps.js';
import { pageFrame } from './page-frame.js';

/** What went wrong, for a person who cannot change the request of an app. Unknown words fall back to the app's own text. */
const MESSAGES: Readonly<Record<string, string>> = {
  invalid_client: 'The app that sent you here is not known. Tell its makers.',
  invalid_redirect_uri: 'The app asked to send you to an address that it has not registered. Tell its makers.',
  server_error: 'Something went wrong on our side. Go back to the app and try again.',
  temporarily_unavailable: 'The service is busy. Go back to the app and try again in a moment.',
};

const EXPIRED = 'This sign-in has expired or was finished in another window. Go back to the app and start again.';

/** The page for a request that must not be redirected: its client or redirect URI is not what it says. */
export function errorPage(org: EngineOrg) {
  return (
    ctx: KoaContextWithOIDC,
    { error, error_description: description }: { error?: string; error_description?: string },
    cause: Error,
  ): void => {
    const code = isDomainError(cause) ? cause.code : (error ?? 'server_error');
    const isExpired = cause.name === 'SessionNotFound';
    const requestId = currentContext()?.requestId;
    ctx.set(pageHeaders());
    ctx.body = renderError({
      frame: pageFrame(org),
      problem: {
        message: isExpired ? EXPIRED : (MESSAGES[code] ?? description ?? 'The request cannot be understood.'),
        code,
        ...(requestId && { requestId }),
      },
    });
  };
}
