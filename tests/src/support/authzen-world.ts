import { abacOf } from './abac-world.js';
import type { Answer, Send } from './http.js';
import type { OrgWorld } from './org-world.js';

/** The fixture of AuthZEN's certification scenario: two people, two records, and what they may do. */

export const ALICE = { type: 'user', id: 'alice' };
export const BOB = { type: 'user', id: 'bob' };
export const READ = { name: 'read' };
export const WRITE = { name: 'write' };
export const ONE = { type: 'record', id: 'record-1' };
export const ARCHIVED = { type: 'record', id: 'record-2', properties: { status: 'archived' } };
export const ADMIN = { ...BOB, properties: { role: 'admin' } };

export interface Decided {
  readonly decision: boolean;
  readonly context?: Readonly<Record<string, unknown>>;
}

export interface AuthzenWorld {
  readonly metadata: Readonly<Record<string, string>>;
  /** A POST to an endpoint of the metadata, with the key that may ask about everybody. */
  post(endpoint: string, json: unknown, how?: Send): Promise<Answer>;
  evaluate(json: unknown): Promise<Decided>;
  decide(json: unknown): Promise<boolean>;
}

/** Loads the fixture into an org. */
export async function furnishAuthzen(org: OrgWorld): Promise<AuthzenWorld> {
  const abac = abacOf(org);
  await abac.define('user', 'team');
  await abac.define('resource', 'status');
  for (const id of ['alice', 'bob']) await abac.setUser(id, 'team', 'records');
  await abac.setResource('record', 'record-1', 'status', 'active');
  await abac.setResource('record', 'record-2', 'status', 'archived');
  const who = (...ids: readonly string[]) => ({ subject: 'user.id', operator: 'in', value: ids });
  const archived = { subject: 'resource.status', operator: 'equals', value: 'archived' };
  const policies: readonly [string, string, 'allow' | 'deny', unknown][] = [
    ['Readers', 'read', 'allow', who('alice', 'bob')],
    ['Alice writes what is not archived', 'write', 'allow', { all: [who('alice')], none: [archived] }],
    ['Admins write', 'write', 'allow', { subject: 'user.role', operator: 'equals', value: 'admin' }],
    [
      'Soft deletes',
      'delete',
      'allow',
      { all: [who('alice'), { attribute: 'action.soft', operator: 'equals', value: true }] },
    ],
  ];
  for (const [name, action, effect, conditions] of policies)
    await abac.policy({ name, resourceType: 'record', action, effect, conditions });
  const found = await org.http.send('GET', `/.well-known/authzen-configuration${org.api}`);
  const metadata = found.expect(200).json<Readonly<Record<string, string>>>();
  const post: AuthzenWorld['post'] = (endpoint, json, how = {}) =>
    org.http.send('POST', metadata[endpoint] ?? '', { apiKey: org.apiKey, json, ...how });
  const evaluate: AuthzenWorld['evaluate'] = async (json) =>
    (await post('access_evaluation_endpoint', json)).expect(200).json<Decided>();
  return { metadata, post, evaluate, decide: async (json) => (await evaluate(json)).decision };
}
