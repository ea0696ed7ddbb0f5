// Seam: oidc-provider answers userinfo for its own opaque tokens only. The answer is ours; where the client registered for a
// signed or encrypted one (OpenID Connect Core section 5.3.2), the engine makes a JWT of it.
import type { Userinfo } from '../app/read-userinfo.js';
import type { Engine } from './build-engine.js';
import { factsOf } from './client-facts.js';

/** An answer as its client wants it. */
export type UserinfoAnswer =
  | { readonly kind: 'json'; readonly body: Userinfo }
  | { readonly kind: 'jwt'; readonly body: string };

/** `userId`: of a person; their client may know them by another name. */
export async function answerUserinfo(
  { provider, org }: Engine,
  clientId: string,
  userId: string | undefined,
  claims: Userinfo,
): Promise<UserinfoAnswer> {
  const client = await provider.Client.find(clientId);
  if (!client) return { kind: 'json', body: claims };
  const { sector } = factsOf(client);
  const body = sector !== null && userId !== undefined ? { ...claims, sub: org.pairwise(sector, userId) } : claims;
  if (!client.userinfoSignedResponseAlg) return { kind: 'json', body };
  const token = new provider.IdToken({}, { client });
  for (const [name, value] of Object.entries(body)) token.set(name, value);
  return { kind: 'jwt', body: await token.issue({ use: 'userinfo' }) };
}
