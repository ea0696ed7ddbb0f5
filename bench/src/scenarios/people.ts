import { form } from '../load/http-client.js';
import { PASSWORD_COST } from '../server/standalone.js';
import { createBrowser } from '../world/browser.js';
import { passwordSignIn, signIn, type Tokens } from '../world/code-flow.js';
import { createPeople } from '../world/people.js';
import type { World } from '../world/world.js';
import { type Scenario, USERS } from './scenario.js';

/** Hashing keeps a core busy each: more at a time only wait. */
const SIGN_IN_USERS = 4;

/** A signed-in person opens an app: authorization request and code exchange, no page and no password. */
export const codeFlow: Scenario = {
  name: 'code-flow',
  title: 'code flow of a signed-in person (authorize + token)',
  users: USERS,
  async prepare(world) {
    const people = await createPeople(world, USERS);
    const signedIn = await Promise.all(people.map((person) => signIn(world, person)));
    return signedIn.map((person) => async () => void (await person.codeFlow()));
  },
};

/** Every user goes on with the refresh token of the last answer (rotation, RFC 9700 section 4.14). */
export const refresh: Scenario = {
  name: 'refresh',
  title: 'refresh with rotation',
  users: USERS,
  async prepare(world) {
    const people = await createPeople(world, USERS);
    return Promise.all(
      people.map(async (person) => {
        let tokens = await (await signIn(world, person)).codeFlow();
        return async () => {
          tokens = await refreshOnce(world, tokens);
        };
      }),
    );
  },
};

/** A person signs in with a password; what it costs is the hash. */
export const passwordSignInScenario: Scenario = {
  name: 'password-sign-in',
  title: `password sign-in (argon2id ${PASSWORD_COST})`,
  users: SIGN_IN_USERS,
  async prepare(world) {
    const people = await createPeople(world, SIGN_IN_USERS);
    return people.map((person) => () => passwordSignIn(world, createBrowser(world.http), person));
  },
};

async function refreshOnce({ http, api, bootstrap }: World, { refresh_token }: Tokens): Promise<Tokens> {
  if (refresh_token === undefined) throw new Error('the last answer had no refresh token');
  const fields = { grant_type: 'refresh_token', refresh_token, client_id: bootstrap.clients.spa.clientId };
  const { text } = await http.expect(200, { method: 'POST', path: `${api}/oauth/token`, ...form(fields) });
  return JSON.parse(text) as Tokens;
}
