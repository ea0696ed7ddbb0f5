import { isUuid } from '@lumo/kit';

/** Who a token is about. The spellings of `sub` never overlap, so no client can take a person's (RFC 9700 section 4.15). */
export type Subject =
  | { readonly type: 'user'; readonly id: string }
  | { readonly type: 'agent'; readonly id: string }
  | { readonly type: 'client'; readonly id: string };

/** `sub` of a user is its UUID, of an agent `agent_<agt_…>`, of a client `client_<cli_…>`. */
export function subjectClaim({ type, id }: Subject): string {
  return type === 'user' ? id : `${type}_${id}`;
}

/** Undefined for a `sub` that this platform never writes. */
export function readSubject(sub: unknown): Subject | undefined {
  if (typeof sub !== 'string') return undefined;
  if (isUuid(sub)) return { type: 'user', id: sub };
  const [, type, id] = /^(agent|client)_(\S{1,256})$/.exec(sub) ?? [];
  return type && id ? { type: type as 'agent' | 'client', id } : undefined;
}
