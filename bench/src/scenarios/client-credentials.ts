import { clientCredentialsRequest } from '../world/tokens.js';
import { everybody, type Scenario, USERS } from './scenario.js';

/** A service gets a token for itself (RFC 6749 section 4.4). */
export const clientCredentials: Scenario = {
  name: 'client-credentials',
  title: 'client credentials, signed ES256',
  aim: 800,
  users: USERS,
  async prepare({ http, api, bootstrap }) {
    const request = clientCredentialsRequest(api, bootstrap.clients.m2m);
    return everybody(async () => void (await http.expect(200, request)));
  },
};
