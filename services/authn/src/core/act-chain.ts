import { readSubject, subjectClaim } from './subject.js';

/** An `act` claim (RFC 8693 section 4.1): the outermost actor is the current one, those inside acted before. */
export interface ActClaim {
  readonly iss: string;
  readonly sub: string;
  readonly sub_profile: 'ai_agent';
  readonly act?: ActClaim;
}

/** No chain of ours is longer than what the agent registry allows; a token with a longer one was not made here. */
const MAX_DEPTH = 10;

/** `agentIds`: first delegate first. */
export function actClaim(issuer: string, agentIds: readonly string[]): ActClaim | undefined {
  let act: ActClaim | undefined;
  for (const id of agentIds) {
    act = { iss: issuer, sub: subjectClaim({ type: 'agent', id }), sub_profile: 'ai_agent', ...(act && { act }) };
  }
  return act;
}

/**
 * The agents of an `act` claim, first delegate first; empty where there is none. Undefined for a chain that this platform
 * never writes: of another issuer, of another kind of actor, or in another order than `delegation_chain` states.
 */
export function readActChain(
  claims: { readonly [claim: string]: unknown },
  issuer: string,
): readonly string[] | undefined {
  const agentIds: string[] = [];
  for (let level = claims.act; level !== undefined; level = (level as { act?: unknown }).act) {
    if (typeof level !== 'object' || level === null || agentIds.length === MAX_DEPTH) return undefined;
    const { iss, sub } = level as { iss?: unknown; sub?: unknown };
    const actor = readSubject(sub);
    if (iss !== issuer || actor?.type !== 'agent') return undefined;
    agentIds.unshift(actor.id);
  }
  return statesSameChain(claims.delegation_chain, agentIds) ? agentIds : undefined;
}

/** What `delegation_chain` says: the same agents, first delegate first. */
export function delegationChain(agentIds: readonly string[]): readonly string[] {
  return agentIds.map((id) => subjectClaim({ type: 'agent', id }));
}

function statesSameChain(stated: unknown, agentIds: readonly string[]): boolean {
  if (stated === undefined) return agentIds.length === 0;
  const expected = delegationChain(agentIds);
  return Array.isArray(stated) && stated.length === expected.length && expected.every((sub, i) => stated[i] === sub);
}
