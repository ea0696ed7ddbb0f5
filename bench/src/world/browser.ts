import type { Answer, HttpClient, Send } from '../load/http-client.js';

/** A browser as far as a session needs it: it keeps cookies and follows nothing. */
export interface Browser {
  send(request: Send): Promise<Answer>;
}

export function createBrowser(http: HttpClient): Browser {
  const cookies = new Map<string, { readonly pair: string; readonly path: string }>();
  return {
    async send(request) {
      const cookie = [...cookies.values()]
        .filter(({ path }) => request.path.startsWith(path))
        .map(({ pair }) => pair)
        .join('; ');
      const answer = await http.send({ ...request, headers: { ...request.headers, ...(cookie && { cookie }) } });
      for (const line of [answer.headers['set-cookie'] ?? []].flat()) keep(cookies, line);
      return answer;
    },
  };
}

function keep(cookies: Map<string, { readonly pair: string; readonly path: string }>, line: string): void {
  const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
  const attribute = (name: string) =>
    attributes.find((text) => text.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1);
  const path = attribute('path') ?? '/';
  const key = `${pair.slice(0, pair.indexOf('='))};${path}`;
  const expires = attribute('expires');
  const isOver = attribute('max-age') === '0' || (expires !== undefined && Date.parse(expires) <= Date.now());
  if (isOver) cookies.delete(key);
  else cookies.set(key, { pair, path });
}
