import { createHash, randomBytes } from 'node:crypto';
import { form, json } from '../load/http-client.js';
import { type Browser, createBrowser } from './browser.js';
import type { Person } from './people.js';
import type { World } from './world.js';

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string;
}

/** A person who is signed in, in their browser, and has allowed the app what it wants. */
export interface SignedIn {
  /** Code flow without a page (`prompt=none`): authorization request, then the code for tokens. */
  codeFlow(): Promise<Tokens>;
}

/** Signs in with a password (contract 2.13): one request, one hash. */
export function passwordSignIn(world: World, browser: Browser, { email, password }: Person): Promise<void> {
  return expectAnswer(200, browser, { path: `${world.api}/oauth/login/json`, ...json({ email, password }) });
}

/** Signs a person in and allows the app on the consent page, as a browser without JavaScript does. */
export async function signIn(world: World, person: Person): Promise<SignedIn> {
  const browser = createBrowser(world.http);
  await passwordSignIn(world, browser, person);
  await allow(world, browser);
  return { codeFlow: () => codeFlow(world, browser) };
}

async function codeFlow(world: World, browser: Browser): Promise<Tokens> {
  const verifier = randomBytes(32).toString('base64url');
  const answer = await browser.send(authorization(world, verifier, { prompt: 'none' }));
  const location = String(answer.headers.location ?? '');
  const code = location.startsWith('http') ? new URL(location).searchParams.get('code') : null;
  if (!code) throw new Error(`authorize: ${answer.status} ${location} ${answer.text.slice(0, 300)}`);
  const { clientId } = world.bootstrap.clients.spa;
  const fields = {
    grant_type: 'authorization_code',
    code,
    client_id: clientId,
    redirect_uri: redirectUri(world),
    code_verifier: verifier,
  };
  const { text } = await world.http.expect(200, {
    method: 'POST',
    path: `${world.api}/oauth/token`,
    ...form(fields),
  });
  return JSON.parse(text) as Tokens;
}

async function allow(world: World, browser: Browser): Promise<void> {
  const verifier = randomBytes(32).toString('base64url');
  const started = await browser.send(authorization(world, verifier));
  const consent = String(started.headers.location ?? '');
  if (!consent.includes('/oauth/consent')) throw new Error(`no consent page: ${started.status} ${consent}`);
  const page = await browser.send({ method: 'GET', path: consent });
  const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1];
  if (csrf === undefined) throw new Error(`the consent page has no form: ${page.status} ${page.text.slice(0, 300)}`);
  await expectAnswer(303, browser, { path: consent, ...form({ csrf, decision: 'allow' }) });
}

function authorization(world: World, verifier: string, more: Readonly<Record<string, string>> = {}) {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: world.bootstrap.clients.spa.clientId,
    redirect_uri: redirectUri(world),
    scope: 'openid profile email offline_access document.read',
    state: 'bench',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...more,
  });
  return { method: 'GET', path: `${world.api}/oauth/authorize?${query}` } as const;
}

function redirectUri(world: World): string {
  return world.bootstrap.clients.spa.redirectUris[0] ?? '';
}

async function expectAnswer(
  status: number,
  browser: Browser,
  request: { readonly path: string; readonly headers: Readonly<Record<string, string>>; readonly body: string },
): Promise<void> {
  const answer = await browser.send({ method: 'POST', ...request });
  if (answer.status !== status) {
    throw new Error(`POST ${request.path}: ${answer.status} ${answer.text.slice(0, 300)}`);
  }
}
