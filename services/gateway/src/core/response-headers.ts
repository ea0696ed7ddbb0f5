/** What the gateway adds to an answer where the service did not say it (contract 1.10). A page's stricter word wins. */
export function defaultHeaders(baseUrl: string): ReadonlyMap<string, string> {
  const headers = new Map([
    ['X-Content-Type-Options', 'nosniff'],
    ['X-Frame-Options', 'DENY'],
    ['Content-Security-Policy', "frame-ancestors 'none'"],
    ['Referrer-Policy', 'strict-origin-when-cross-origin'],
    ['X-XSS-Protection', '1; mode=block'],
    // Nothing of an API belongs into a cache unless the service says so.
    ['Cache-Control', 'no-store'],
  ]);
  // On plain http it would be ignored, and on a developer's localhost it would break every other project.
  if (baseUrl.startsWith('https:')) {
    headers.set('Strict-Transport-Security', 'max-age=31536000; includeSubDomains; preload');
  }
  return headers;
}

/** What no service's answer keeps: the gateway alone decides who may read an answer, and software stays unnamed. */
export const DROPPED_HEADERS: readonly string[] = [
  'x-powered-by',
  'server',
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-expose-headers',
  'access-control-max-age',
];

/** The value of `Vary` that also names `field`. */
export function varyWith(current: string | undefined, field: string): string {
  if (!current) return field;
  const named = current.split(',').some((part) => ['*', field.toLowerCase()].includes(part.trim().toLowerCase()));
  return named ? current : `${current}, ${field}`;
}
