/** The issuer of an org: always with its slug, never from a request header. */
export function issuerOf(baseUrl: string, slug: string): string {
  return `${baseUrl}/orgs/${slug}/api/v1`;
}
