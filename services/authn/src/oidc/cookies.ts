import type { CookiesSetOptions } from 'oidc-provider';

/** Names and attributes of an org's cookies. */
export interface OrgCookies {
  readonly session: string;
  /** Which browser a sign-in was started in; says nothing about a person. */
  readonly browser: string;
  /** Of the engine alone, bound by path to one sign-in each. */
  readonly resume: string;
  readonly interaction: string;
  /** Whether the session is still the same, for the script of other sites' frames. */
  readonly browserState: string;
  /** For the session and the browser cookie. */
  readonly wide: CookiesSetOptions;
  /** For the two of the engine, which set their own path. */
  readonly narrow: CookiesSetOptions;
  /** For the state of the browser, which opens nothing. */
  readonly readable: CookiesSetOptions;
}

/**
 * Each org has cookies of its own name, so that a session of one is nothing to another. Over https the prefixes make
 * browsers refuse a cookie that a neighbouring host planted (draft-ietf-httpbis-rfc6265bis section 4.1.3).
 * `Lax`, because the app sends the browser here from its own site.
 */
export function orgCookies(baseUrl: string, slug: string): OrgCookies {
  const secure = baseUrl.startsWith('https:');
  const host = secure ? '__Host-' : '';
  const anyPath = secure ? '__Secure-' : '';
  const common = { httpOnly: true, sameSite: 'lax', secure, overwrite: true, signed: false } as const;
  return {
    session: `${host}lumo.${slug}.session`,
    browser: `${host}lumo.${slug}.browser`,
    browserState: `${host}lumo.${slug}.state`,
    resume: `${anyPath}lumo.${slug}.resume`,
    interaction: `${anyPath}lumo.${slug}.signin`,
    wide: { ...common, path: '/' },
    narrow: common,
    readable: { ...common, path: '/', httpOnly: false, sameSite: secure ? 'none' : 'lax' },
  };
}
