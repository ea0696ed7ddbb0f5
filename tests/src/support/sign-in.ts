import assert from 'node:assert/strict';
import { addressAt, createFormDriver, type FormDriver, pageAt, type Stop } from './form-driver.js';
import type { Http } from './http.js';
import { pkcePair } from './pkce.js';
import { type TokenAnswer, tokenEndpoint } from './tokens.js';

export interface Person {
  readonly email: string;
  readonly password: string;
}

export interface PublicClient {
  readonly clientId: string;
  readonly redirectUri: string;
}

export interface SignInRequest {
  readonly apiPath: string;
  readonly client: PublicClient;
  readonly person: Person;
  readonly scope?: string;
  /** Parameters beside the usual ones; an empty value removes one. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** A browser that was used before. */
  readonly browser?: FormDriver;
}

export interface SignedIn {
  /** The callback URL of the app with its parameters. */
  readonly callback: URL;
  readonly code: string;
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
  readonly browser: FormDriver;
}

/** URL of an authorization request with PKCE. */
export function authorizationUrl(http: Http, apiPath: string, parameters: Readonly<Record<string, string>>): string {
  const url = new URL(`${apiPath}/oauth/authorize`, http.baseUrl);
  for (const [name, value] of Object.entries(parameters)) if (value !== '') url.searchParams.set(name, value);
  return url.href;
}

/** Signs a person in on the hosted pages without JavaScript, allows what is asked, and returns with the code. */
export async function signIn(http: Http, request: SignInRequest): Promise<SignedIn> {
  const { apiPath, client, person, scope = 'openid profile email offline_access' } = request;
  const { verifier, challenge } = pkcePair();
  const state = `state-${Math.random().toString(36).slice(2)}`;
  const nonce = `nonce-${Math.random().toString(36).slice(2)}`;
  const browser = request.browser ?? createFormDriver(http);
  const first = await browser.open(
    authorizationUrl(http, apiPath, {
      response_type: 'code',
      client_id: client.clientId,
      redirect_uri: client.redirectUri,
      scope,
      state,
      nonce,
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...request.parameters,
    }),
  );
  const callback = addressAt(await passHostedPages(browser, first, person));
  const code = callback.searchParams.get('code');
  assert.ok(code, `a code comes back: ${callback}`);
  return { callback, code, verifier, state, nonce, browser };
}

/** Fills the sign-in form and allows on the consent page, whichever of them are shown. */
export async function passHostedPages(browser: FormDriver, first: Stop, person: Person): Promise<Stop> {
  let stop = first;
  for (let step = 0; step < 4 && stop.kind === 'page'; step++) {
    const page = pageAt(stop);
    if (page.document.querySelector('input[name=password]')) {
      stop = await browser.submit(page, { email: person.email, password: person.password }, ['decision', 'sign_in']);
    } else if (page.document.querySelector('button[value=allow]')) {
      stop = await browser.submit(page, {}, ['decision', 'allow']);
    } else break;
  }
  return stop;
}

/** The whole code flow of a public client. */
export async function signInForTokens(
  http: Http,
  request: SignInRequest,
): Promise<TokenAnswer & { browser: FormDriver }> {
  const { code, verifier, browser } = await signIn(http, request);
  const { clientId, redirectUri } = request.client;
  const tokens = await tokenEndpoint(http, request.apiPath).grant({
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    client_id: clientId,
    code_verifier: verifier,
  });
  return { ...tokens, browser };
}
