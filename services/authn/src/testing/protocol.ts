import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import type { Org } from '@lumo/tenancy';
import { type Browser, openBrowser, type Shown } from './browser.js';
import { type OidcStage, PASSWORD, type StageClient } from './oidc-stage.js';

export const CALLBACK = 'http://localhost:5173/callback';

export interface ProtocolAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the members that it asserts
  readonly body: any;
}

type Parameters = Readonly<Record<string, string>> | readonly (readonly [string, string])[];

/** Posts a form to a protocol endpoint, e.g. `/oauth/token`. */
export async function post(
  stage: OidcStage,
  org: Org,
  path: string,
  parameters: Parameters,
  headers: Readonly<Record<string, string>> = {},
): Promise<ProtocolAnswer> {
  const pairs = Array.isArray(parameters) ? parameters : Object.entries(parameters);
  return answerOf(
    await fetch(`${localIssuer(stage, org)}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(pairs.map(([name = '', value = '']): [string, string] => [name, value])).toString(),
    }),
  );
}

export async function answerOf(response: Response): Promise<ProtocolAnswer> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

/** Where the stage listens, whatever the issuer is called. */
export function localIssuer({ origin }: OidcStage, { slug }: Org): string {
  return `${origin}/orgs/${slug}/api/v1`;
}

export function newVerifier(): { readonly verifier: string; readonly challenge: string } {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

/** An authorization request with everything that is required; `parameters` replace or, where empty, remove. */
export function authorizeUrl(
  stage: OidcStage,
  org: Org,
  client: StageClient,
  parameters: Readonly<Record<string, string>> = {},
): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: CALLBACK,
    state: 'the-state',
    code_challenge_method: 'S256',
    code_challenge: newVerifier().challenge,
  });
  for (const [name, value] of Object.entries(parameters)) {
    if (value === '') query.delete(name);
    else query.set(name, value);
  }
  return `${localIssuer(stage, org)}/oauth/authorize?${query}`;
}

export function signIn(browser: Browser, page: Shown, email: string, password = PASSWORD): Promise<Shown> {
  return browser.submit(page, { email, password, decision: 'sign_in' });
}

/** Signs in, allows whatever is asked, and returns the redirect to the app. */
export async function passFlow(browser: Browser, url: string, email: string): Promise<Shown> {
  let shown = await browser.follow(await browser.go(url));
  if (/name="password"/.test(shown.text)) shown = await browser.follow(await signIn(browser, shown, email));
  if (/value="allow"/.test(shown.text))
    shown = await browser.follow(await browser.submit(shown, { decision: 'allow' }));
  assert.ok(shown.location?.startsWith(CALLBACK), `${shown.status} ${shown.location} ${shown.text.slice(0, 2000)}`);
  return shown;
}

export function codeOf({ location }: Shown): string {
  const code = new URL(location ?? '').searchParams.get('code');
  assert.ok(code, location);
  return code;
}

/** A code and what is needed to redeem it. */
export async function newCode(
  stage: OidcStage,
  org: Org,
  client: StageClient,
  email: string,
  parameters: Readonly<Record<string, string>> = {},
  browser: Browser = openBrowser(stage.origin),
): Promise<{ readonly code: string; readonly verifier: string; readonly browser: Browser }> {
  const { verifier, challenge } = newVerifier();
  const url = authorizeUrl(stage, org, client, { code_challenge: challenge, ...parameters });
  return { code: codeOf(await passFlow(browser, url, email)), verifier, browser };
}

export function redeem(
  stage: OidcStage,
  org: Org,
  client: StageClient,
  { code, verifier }: { readonly code: string; readonly verifier: string },
  more: Readonly<Record<string, string>> = {},
): Promise<ProtocolAnswer> {
  return post(stage, org, '/oauth/token', {
    grant_type: 'authorization_code',
    code,
    redirect_uri: CALLBACK,
    code_verifier: verifier,
    client_id: client.clientId,
    ...(client.secret !== undefined && { client_secret: client.secret }),
    ...more,
  });
}

/** Tokens of a person who signed in to a client. */
export async function newTokens(
  stage: OidcStage,
  org: Org,
  client: StageClient,
  email: string,
  parameters: Readonly<Record<string, string>> = {},
  browser?: Browser,
): Promise<{
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly idToken: string;
  readonly scope: string;
  readonly browser: Browser;
}> {
  const code = await newCode(stage, org, client, email, parameters, browser);
  const { status, body } = await redeem(stage, org, client, code);
  assert.equal(status, 200, JSON.stringify(body));
  return {
    accessToken: body.access_token,
    refreshToken: body.refresh_token,
    idToken: body.id_token,
    scope: body.scope,
    browser: code.browser,
  };
}

export function refresh(
  stage: OidcStage,
  org: Org,
  client: StageClient,
  refreshToken: string,
  more: Readonly<Record<string, string>> = {},
): Promise<ProtocolAnswer> {
  return post(stage, org, '/oauth/token', {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id: client.clientId,
    ...(client.secret !== undefined && { client_secret: client.secret }),
    ...more,
  });
}

/** Asked by a confidential client. */
export function introspect(stage: OidcStage, org: Org, by: StageClient, token: string): Promise<ProtocolAnswer> {
  return post(stage, org, '/oauth/introspect', {
    token,
    client_id: by.clientId,
    client_secret: by.secret ?? '',
  });
}

export function clientCredentials(
  stage: OidcStage,
  org: Org,
  client: StageClient,
  more: Readonly<Record<string, string>> = {},
): Promise<ProtocolAnswer> {
  return post(stage, org, '/oauth/token', {
    grant_type: 'client_credentials',
    client_id: client.clientId,
    client_secret: client.secret ?? '',
    ...more,
  });
}
