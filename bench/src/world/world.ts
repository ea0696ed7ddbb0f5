import { createHttpClient, type HttpClient, json } from '../load/http-client.js';
import type { Bootstrap } from '../server/bootstrap.js';

/** A running server, the org that its first start made, and how to change that org. */
export interface World {
  readonly http: HttpClient;
  readonly bootstrap: Bootstrap;
  /** `/orgs/<slug>/api/v1` */
  readonly api: string;
  /** Creates something through the admin API; resolves with its `data`. */
  create<T>(collection: string, body: unknown): Promise<T>;
}

export function openWorld(baseUrl: string, bootstrap: Bootstrap): World {
  const http = createHttpClient(baseUrl);
  const api = `/orgs/${bootstrap.org}/api/v1`;
  return {
    http,
    bootstrap,
    api,
    async create<T>(collection: string, body: unknown) {
      const path = `${api}/admin/${collection}`;
      const request = { method: 'POST', path, ...json(body, { 'x-api-key': bootstrap.apiKey }) } as const;
      const { text } = await http.expect(201, request);
      return (JSON.parse(text) as { readonly data: T }).data;
    },
  };
}
