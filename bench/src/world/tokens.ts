import { basic, form, type HttpClient, type Send } from '../load/http-client.js';

interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** The request of a client-credentials grant. */
export function clientCredentialsRequest(api: string, { clientId, clientSecret }: Credentials): Send {
  const body = form({ grant_type: 'client_credentials' }, basic(clientId, clientSecret));
  return { method: 'POST', path: `${api}/oauth/token`, ...body };
}

/** Access tokens of a client or agent for itself, all different. */
export async function accessTokens(
  http: HttpClient,
  api: string,
  credentials: Credentials,
  count: number,
): Promise<readonly string[]> {
  const request = clientCredentialsRequest(api, credentials);
  const tokens: string[] = [];
  while (tokens.length < count) {
    const { text } = await http.expect(200, request);
    tokens.push((JSON.parse(text) as { readonly access_token: string }).access_token);
  }
  return tokens;
}
