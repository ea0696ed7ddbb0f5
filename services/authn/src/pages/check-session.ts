import { html } from './html.js';
import type { PageAssetUrls } from './page-assets.js';

export interface CheckSessionModel {
  readonly assets: PageAssetUrls;
  /** Name of the cookie that the script compares. */
  readonly cookie: string;
}

/** A page without anything to see or click, for the frame of an app (OpenID Connect Session Management 1.0 section 3.2). */
export function renderCheckSession({ assets, cookie }: CheckSessionModel): string {
  return html`<!doctype html>
<html lang="en" data-cookie="${cookie}">
<head>
<meta charset="utf-8">
<meta name="robots" content="noindex">
<title>Session</title>
<script src="${assets.checkSession}" defer></script>
</head>
<body></body>
</html>
`.toString();
}

/** Any site may frame it, and nothing on it can be clicked. `frame-ancestors` takes precedence over X-Frame-Options. */
export const CHECK_SESSION_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-cache',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};
