import type { Principal } from '@lumo/tenancy';

/**
 * Everyone who acts in a call besides the user: the agent itself, or those that act for a user, first delegate first, the
 * one that holds the token last. Empty where a person calls with their own token. What is no agent of the org in this list
 * is found by nobody, and stops the call.
 */
export function agentsOf({ type, id, actors }: Principal): readonly string[] {
  return [...(type === 'agent' ? [id] : []), ...actors.map((actor) => actor.id)];
}
