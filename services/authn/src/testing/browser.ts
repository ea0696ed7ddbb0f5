/** A browser without script: keeps cookies by path, follows nothing by itself, posts forms. */
export interface Browser {
  go(url: string, init?: RequestInit): Promise<Shown>;
  /** Posts the form of a page as a person would: hidden fields stay, `fields` are typed, the button is in `fields`. */
  submit(page: Shown, fields: Readonly<Record<string, string>>): Promise<Shown>;
  /** Follows redirects until something is shown or one leaves the origin; returns the last. */
  follow(shown: Shown): Promise<Shown>;
  readonly cookies: ReadonlyMap<string, string>;
}

export interface Shown {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Absolute, where there is one. */
  readonly location?: string;
}

interface Cookie {
  readonly value: string;
  readonly path: string;
}

export function openBrowser(origin: string): Browser {
  const jar = new Map<string, Cookie>();
  const keep = (url: URL, headers: Headers): void => {
    for (const line of headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(/; ?/);
      const [name = '', ...value] = pair.split('=');
      const of = (wanted: string) =>
        attributes.map((a) => a.split('=')).find(([key]) => key?.toLowerCase() === wanted)?.[1];
      const path = of('path') ?? url.pathname;
      const expires = of('expires');
      const isGone = value.join('=') === '' || (expires !== undefined && Date.parse(expires) < Date.now());
      if (isGone) jar.delete(`${name} ${path}`);
      else jar.set(`${name} ${path}`, { value: value.join('='), path });
    }
  };
  const cookieHeader = ({ pathname }: URL): string =>
    [...jar]
      .filter(([, { path }]) => path === '/' || pathname === path || pathname.startsWith(`${path}/`))
      .map(([key, { value }]) => `${key.split(' ')[0]}=${value}`)
      .join('; ');

  const go = async (address: string, init: RequestInit = {}): Promise<Shown> => {
    const url = new URL(address, origin);
    const cookie = cookieHeader(url);
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { accept: 'text/html', ...(cookie && { cookie }), ...(init.headers as Record<string, string>) },
    });
    keep(url, response.headers);
    const to = response.headers.get('location');
    return {
      url: url.href,
      status: response.status,
      headers: response.headers,
      text: await response.text(),
      ...(to !== null && { location: new URL(to, url).href }),
    };
  };

  return {
    go,
    async submit(page, fields) {
      const action = /<form[^>]* action="([^"]+)"/.exec(page.text)?.[1];
      if (!action) throw new Error(`no form on ${page.url}`);
      const hidden = [...page.text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
      const body = new URLSearchParams(hidden.map(([, name = '', value = '']): [string, string] => [name, value]));
      for (const [name, value] of Object.entries(fields)) body.set(name, value);
      return go(new URL(action.replaceAll('&amp;', '&'), page.url).href, { method: 'POST', body });
    },
    async follow(shown) {
      let at = shown;
      while (at.location?.startsWith(`${origin}/`)) at = await go(at.location);
      return at;
    },
    get cookies() {
      return new Map([...jar].map(([key, { value }]) => [key.split(' ')[0] ?? '', value]));
    },
  };
}
