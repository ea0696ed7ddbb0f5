import { basic, form, type Send } from '../load/http-client.js';
import { accessTokens } from '../world/tokens.js';
import { everybody, type Scenario, USERS } from './scenario.js';

/** More than one, so that an answer cannot be kept from the last question. */
const TOKENS = 200;

/** A resource server asks about tokens (RFC 7662). */
export const introspection: Scenario = {
  name: 'introspection',
  title: `introspection of ${TOKENS} access tokens`,
  aim: 1500,
  users: USERS,
  async prepare({ http, api, bootstrap }) {
    const { clientId, clientSecret } = bootstrap.clients.m2m;
    const tokens = await accessTokens(http, api, bootstrap.clients.m2m, TOKENS);
    const requests = tokens.map(
      (token): Send => ({
        method: 'POST',
        path: `${api}/oauth/introspect`,
        ...form({ token }, basic(clientId, clientSecret)),
      }),
    );
    let next = 0;
    return everybody(async () => {
      const request = requests[next++ % requests.length] as Send;
      const { text } = await http.expect(200, request);
      if (!text.includes('"active":true')) throw new Error(`not active: ${text}`);
    });
  },
};
