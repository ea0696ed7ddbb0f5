import type { Answer, Send } from './http.js';
import type { OrgWorld } from './org-world.js';

/** Documents in folders, shared with people, groups and everybody; some are blocked, some shares hold at the office only. */
export const DOCUMENTS = `model
  schema 1.1

type user
type agent

type group
  relations
    define member: [user, group#member]

type folder
  relations
    define parent: [folder]
    define viewer: [user, group#member] or viewer from parent

type document
  relations
    define parent: [folder]
    define blocked: [user]
    define owner: [user, agent]
    define viewer: [user, user:*, group#member, user with at_office] or owner or viewer from parent
    define can_view: viewer but not blocked

condition at_office(ip: string, office: string) {
  ip == office
}
`;

export interface RelationKey {
  readonly object: string;
  readonly relation: string;
  readonly subject: string;
}

/** `document:1#viewer@user:anne` in parts. */
export function key(text: string): RelationKey {
  const [object = '', rest = ''] = text.split(/#(.*)/s);
  const [relation = '', subject = ''] = rest.split(/@(.*)/s);
  return { object, relation, subject };
}

export function textOf({ object, relation, subject }: RelationKey): string {
  return `${object}#${relation}@${subject}`;
}

/** The relations API of one org, with the key that may do everything unless a call says otherwise. */
export interface RelationsWorld {
  readonly path: string;
  send(method: string, path: string, json?: unknown, how?: Send): Promise<Answer>;
  /** A POST that is answered with 200. */
  ask<T = Readonly<Record<string, never>>>(path: string, json: unknown, how?: Send): Promise<T>;
  /** A POST that is refused; the code of the refusal. */
  refused(path: string, json: unknown, status: number, how?: Send): Promise<{ code: string; message: string }>;
  /** Writes tuples and returns the token. */
  write(...tuples: readonly string[]): Promise<string>;
  remove(...tuples: readonly string[]): Promise<string>;
  /** A check that knows every write before it. */
  may(text: string, more?: object): Promise<boolean>;
}

export function relationsOf(org: OrgWorld): RelationsWorld {
  const path = `${org.api}/relations`;
  const send: RelationsWorld['send'] = (method, below, json, how = { apiKey: org.apiKey }) =>
    org.http.send(method, `${path}/${below}`, { ...how, ...(json !== undefined && { json }) });
  const ask: RelationsWorld['ask'] = async (below, json, how) =>
    (await send('POST', below, json, how)).expect(200).json();
  return {
    path,
    send,
    ask,
    async refused(below, json, status, how) {
      return (await send('POST', below, json, how)).expect(status).json();
    },
    write: async (...tuples) => (await ask<{ token: string }>('tuples', { writes: tuples.map(key) })).token,
    remove: async (...tuples) => (await ask<{ token: string }>('tuples', { deletes: tuples.map(key) })).token,
    async may(text, more = {}) {
      const question = { ...key(text), consistency: 'fully_consistent', ...more };
      return (await ask<{ allowed: boolean }>('check', question)).allowed;
    },
  };
}

/** Gives the org a model. */
export async function useModel(org: OrgWorld, dsl: string, store?: string): Promise<string> {
  const answer = await org.call('POST', '/relations/models', { dsl, ...(store && { store }) }, 201);
  return answer.json<{ id: string }>().id;
}
