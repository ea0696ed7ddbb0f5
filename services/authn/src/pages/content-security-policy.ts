/**
 * The Content-Security-Policy of a hosted page: nothing but its own stylesheet, script and images; no frame around it.
 *
 * `frames`: addresses that the page shows in frames, for the one page that has any.
 *
 * `formTargets`: where the answer to a form post may redirect to, beside this origin. Chromium applies `form-action` to
 * **every** redirect that follows a post (w3c/webappsec-csp issue 8): a sign-in or consent post that ends with a 303 to the
 * app needs the app's redirect URI here, and an app whose callback redirects on to a third origin is blocked all the same,
 * without a message. Answering the post with `renderContinue` ends that chain and needs no target.
 */
export function contentSecurityPolicy(formTargets: readonly string[] = [], frames: readonly string[] = []): string {
  const formAction = ["'self'", ...new Set(formTargets.map(formActionSource).filter((source) => source !== ''))];
  const frameSources = [...new Set(frames.map(formActionSource).filter((source) => /^https?:/.test(source)))];
  return [
    "default-src 'none'",
    ...(frameSources.length > 0 ? [`frame-src ${frameSources.join(' ')}`] : []),
    "style-src 'self'",
    "script-src 'self'",
    "img-src 'self' data:",
    `form-action ${formAction.join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
}

/** Response headers of every hosted page (RFC 9700 sections 4.2.4, 4.16). */
export function pageHeaders(
  formTargets: readonly string[] = [],
  frames: readonly string[] = [],
): Readonly<Record<string, string>> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': contentSecurityPolicy(formTargets, frames),
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    // Browsers then send `Origin: null` with the form post: check the CSRF token and Sec-Fetch-Site, not Origin.
    'referrer-policy': 'no-referrer',
  };
}

/** Schemes that run or show content of their own: never a target, whatever was registered. */
const SCRIPTABLE = new Set(['javascript:', 'data:', 'blob:', 'filesystem:', 'file:', 'about:', 'vbscript:']);

/** The URL standard allows ";", "," and "*" in a host; in a policy they would begin another directive or match anything. */
const PLAIN_ORIGIN = /^https?:\/\/[a-z0-9._-]+(?::[0-9]+)?$/;

/** A registered redirect URI as a CSP source; empty for what is no URI. */
function formActionSource(redirectUri: string): string {
  if (!URL.canParse(redirectUri)) return '';
  const url = new URL(redirectUri);
  const web = url.protocol === 'https:' || url.protocol === 'http:';
  // A native app's own scheme, and an IPv6 literal (which CSP's grammar has no word for), can only be named by scheme.
  if (web && !url.hostname.startsWith('[')) return PLAIN_ORIGIN.test(url.origin) ? url.origin : '';
  return SCRIPTABLE.has(url.protocol) ? '' : url.protocol;
}
