/** A cookie as the server set it. */
export interface StoredCookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: string | undefined;
  readonly domain: string | undefined;
}

/** The cookies of one browser at one origin (RFC 6265), as far as a sign-in needs them. */
export interface CookieJar {
  /** Takes the `Set-Cookie` fields of an answer to a request for `path`. */
  store(headers: Headers, path: string): void;
  /** The `Cookie` field for a request to `path`; empty where there is none. */
  header(path: string): string;
  readonly all: () => readonly StoredCookie[];
}

export function createCookieJar(): CookieJar {
  const cookies = new Map<string, StoredCookie>();
  return {
    store(headers, path) {
      for (const line of headers.getSetCookie()) {
        const { cookie, expired } = parseSetCookie(line, path);
        const key = `${cookie.name};${cookie.path}`;
        if (expired) cookies.delete(key);
        else cookies.set(key, cookie);
      }
    },
    header(path) {
      return [...cookies.values()]
        .filter((cookie) => pathMatches(path, cookie.path))
        .sort((a, b) => b.path.length - a.path.length)
        .map(({ name, value }) => `${name}=${value}`)
        .join('; ');
    },
    all: () => [...cookies.values()],
  };
}

function parseSetCookie(line: string, requestPath: string): { cookie: StoredCookie; expired: boolean } {
  const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
  const equals = pair.indexOf('=');
  const named = new Map(
    attributes.map((attribute) => {
      const at = attribute.indexOf('=');
      const name = (at < 0 ? attribute : attribute.slice(0, at)).toLowerCase();
      return [name, at < 0 ? '' : attribute.slice(at + 1)] as const;
    }),
  );
  const path = named.get('path');
  const maxAge = named.get('max-age');
  const expires = named.get('expires');
  return {
    cookie: {
      name: pair.slice(0, equals),
      value: pair.slice(equals + 1),
      path: path?.startsWith('/') ? path : defaultPath(requestPath),
      secure: named.has('secure'),
      httpOnly: named.has('httponly'),
      sameSite: named.get('samesite')?.toLowerCase(),
      domain: named.get('domain'),
    },
    expired: maxAge !== undefined ? Number(maxAge) <= 0 : expires !== undefined && Date.parse(expires) <= Date.now(),
  };
}

/** RFC 6265 section 5.1.4. */
function pathMatches(requestPath: string, cookiePath: string): boolean {
  if (requestPath === cookiePath) return true;
  return requestPath.startsWith(cookiePath) && (cookiePath.endsWith('/') || requestPath[cookiePath.length] === '/');
}

function defaultPath(requestPath: string): string {
  const slash = requestPath.lastIndexOf('/');
  return slash <= 0 ? '/' : requestPath.slice(0, slash);
}
