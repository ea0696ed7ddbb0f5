import { json } from '../load/http-client.js';
import { clientCredentialsRequest } from '../world/tokens.js';
import type { World } from '../world/world.js';

/** An org with one administrator, one API key and one machine client. */
export interface BenchOrg {
  readonly slug: string;
  readonly apiKey: string;
  readonly adminId: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

const AT_A_TIME = 8;

/**
 * Creates orgs the way an operator does, until there are `count` of them.
 * @param progress told after each org how many there are
 */
export async function seedOrgs(
  world: World,
  orgs: BenchOrg[],
  count: number,
  progress: (there: number) => void,
): Promise<void> {
  let next = orgs.length;
  const seed = async (): Promise<void> => {
    while (next < count) {
      orgs.push(await createOrg(world, `bench-${String(next++).padStart(6, '0')}`));
      progress(orgs.length);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, seed));
}

async function createOrg({ http, bootstrap }: World, slug: string): Promise<BenchOrg> {
  const post = async <T>(path: string, key: string, body: unknown): Promise<T> => {
    const { text } = await http.expect(201, { method: 'POST', path, ...json(body, { 'x-api-key': key }) });
    return (JSON.parse(text) as { readonly data: T }).data;
  };
  // Without a password: hashing is measured elsewhere.
  const org = await post<{ readonly admin: { readonly id: string }; readonly apiKey: { readonly key: string } }>(
    '/api/v1/instance/orgs',
    bootstrap.instanceKey,
    {
      slug,
      admin: { email: `admin@${slug}.example`, emailVerified: true },
      apiKey: { name: 'Bench', scopes: ['admin:clients', 'authz:check'] },
    },
  );
  const client = await post<{ readonly clientId: string; readonly secret: string }>(
    `/orgs/${slug}/api/v1/admin/clients`,
    org.apiKey.key,
    { name: 'Bench', applicationType: 'm2m', scopes: ['document.read'] },
  );
  const { clientId, secret: clientSecret } = client;
  // The first token of an org makes its signing keys, once: what follows is what is measured.
  await http.expect(200, clientCredentialsRequest(`/orgs/${slug}/api/v1`, { clientId, clientSecret }));
  return { slug, apiKey: org.apiKey.key, adminId: org.admin.id, clientId, clientSecret };
}
