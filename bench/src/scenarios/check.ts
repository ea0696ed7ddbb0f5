import { type HttpClient, json, type Send } from '../load/http-client.js';
import { signIn } from '../world/code-flow.js';
import { createPeople } from '../world/people.js';
import { everybody, type Scenario, USERS } from './scenario.js';

const CHECK = '/api/v1/authz/check';
/** The aim of both: what differs is only who is recognised. */
const AIM = 5000;
const PEOPLE = 20;

/** A backend with an API key asks whether its users may do something. */
export const checkByApiKey: Scenario = {
  name: 'check-api-key',
  title: `permission check by API key, about ${PEOPLE} users`,
  aim: AIM,
  users: USERS,
  async prepare(world) {
    const people = await createPeople(world, PEOPLE);
    const requests = people.map(
      ({ id }): Send => ({
        method: 'POST',
        path: CHECK,
        ...json({ permission: 'document.read', user_id: id }, { 'x-api-key': world.bootstrap.apiKey }),
      }),
    );
    return everybody(() => ask(world.http, pick(requests)));
  },
};

/** Users' apps ask with the access token of their user. */
export const checkByUserToken: Scenario = {
  name: 'check-user-token',
  title: `permission check by access token of ${PEOPLE} users`,
  aim: AIM,
  users: USERS,
  async prepare(world) {
    const people = await createPeople(world, PEOPLE);
    const tokens = await Promise.all(people.map(async (person) => (await signIn(world, person)).codeFlow()));
    const requests = tokens.map(
      (token): Send => ({
        method: 'POST',
        path: CHECK,
        ...json({ permission: 'document.read' }, { authorization: `Bearer ${token.access_token}` }),
      }),
    );
    return everybody(() => ask(world.http, pick(requests)));
  },
};

async function ask(http: HttpClient, request: Send): Promise<void> {
  const { text } = await http.expect(200, request);
  if (!text.startsWith('{"allowed":true')) throw new Error(`not allowed: ${text}`);
}

function pick(requests: readonly Send[]): Send {
  return requests[Math.floor(Math.random() * requests.length)] as Send;
}
