import type { Answer, Send } from './http.js';
import type { OrgWorld } from './org-world.js';

export interface PolicyBody {
  readonly name: string;
  readonly resourceType?: string;
  readonly action?: string;
  readonly effect?: 'allow' | 'deny';
  readonly conditions?: unknown;
  readonly priority?: number;
}

/** Policies and attributes of one org, with the key that may do everything unless a call says otherwise. */
export interface AbacWorld {
  /** A call below `…/abac`; the answer has this status. */
  call(method: string, path: string, json?: unknown, status?: number, how?: Send): Promise<Answer>;
  define(type: 'user' | 'resource' | 'environment', slug: string, more?: object): Promise<string>;
  /** A policy that allows reading documents always, unless it says otherwise; its id. */
  policy(body: PolicyBody): Promise<string>;
  setUser(id: string, slug: string, value: unknown): Promise<void>;
  setResource(type: string, id: string, slug: string, value: unknown): Promise<void>;
  /** A check of reading a document. */
  may(question?: object, how?: Send): Promise<boolean>;
}

export function abacOf(org: OrgWorld): AbacWorld {
  const call: AbacWorld['call'] = async (method, path, json, status = 200, how = { apiKey: org.apiKey }) => {
    const answer = await org.http.send(method, `${org.api}/abac/${path}`, {
      ...how,
      ...(json !== undefined && { json }),
    });
    return answer.expect(status);
  };
  const created = async (path: string, body: object) =>
    (await call('POST', path, body, 201)).json<{ data: { id: string } }>().data.id;
  return {
    call,
    define: (attributeType, slug, more = {}) =>
      created('attributes', { name: slug, slug, attributeType, dataType: 'string', ...more }),
    policy: (body) =>
      created('policies', { resourceType: 'document', action: 'read', effect: 'allow', conditions: {}, ...body }),
    async setUser(id, slug, value) {
      await call('PUT', `users/${encodeURIComponent(id)}/attributes/${slug}`, { value });
    },
    async setResource(type, id, slug, value) {
      await call('PUT', `resources/${type}/${encodeURIComponent(id)}/attributes/${slug}`, { value });
    },
    async may(question = {}, how) {
      const body = { resourceType: 'document', action: 'read', ...question };
      return (await call('POST', 'check', body, 200, how)).json<{ allowed: boolean }>().allowed;
    },
  };
}
