import { err, ok, type Result } from '@lumo/kit';
import { ACT_FOR_USERS } from './agent.js';

/** Ids of MCP tools and scopes fit; a wildcard, a space, a quote or a letter outside ASCII does not (D-8). */
const CAPABILITY = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/;

export const MAX_CAPABILITIES = 100;

/** All names together: they travel in every token of the agent, and a header holds 16 KB. */
export const MAX_CAPABILITIES_CHARS = 4096;

/** Say who the user is, not what may be done for them: an agent can neither hold nor inherit them. */
const IDENTITY_SCOPES: ReadonlySet<string> = new Set([
  'openid',
  'profile',
  'email',
  'address',
  'phone',
  'offline_access',
]);

/**
 * Scopes that open the admin API or the instance API, or the right to ask what others may do. Who may edit agents must not
 * create an administrator, or one who knows everybody's permissions, that way.
 */
const ADMINISTRATIVE = /^(?:admin|authz|instance)(?:[.:/_-]|$)/i;

export type CapabilityRefusal =
  | { readonly reason: 'malformed'; readonly value: string }
  | { readonly reason: 'reserved'; readonly value: string }
  | { readonly reason: 'too_many'; readonly max: number }
  | { readonly reason: 'too_long'; readonly max: number };

export function isCapabilityName(text: string): boolean {
  return CAPABILITY.test(text);
}

export function isReservedScope(name: string): boolean {
  return IDENTITY_SCOPES.has(name.toLowerCase()) || ADMINISTRATIVE.test(name);
}

/** The capabilities an agent is given: checked, each once, in the order they came. */
export function parseCapabilities(values: readonly string[]): Result<readonly string[], CapabilityRefusal> {
  const malformed = values.find((value) => !isCapabilityName(value));
  if (malformed !== undefined) return err({ reason: 'malformed', value: malformed });
  const reserved = values.find(isReservedScope);
  if (reserved !== undefined) return err({ reason: 'reserved', value: reserved });
  const unique = [...new Set(values)];
  if (unique.length > MAX_CAPABILITIES) return err({ reason: 'too_many', max: MAX_CAPABILITIES });
  const chars = unique.reduce((sum, value) => sum + value.length, 0);
  if (chars > MAX_CAPABILITIES_CHARS) return err({ reason: 'too_long', max: MAX_CAPABILITIES_CHARS });
  return ok(unique);
}

/** `canActOnBehalfOfUsers` is no second truth: it adds or removes the one capability that grants it. */
export function withActForUsers(capabilities: readonly string[], mayAct: boolean | undefined): readonly string[] {
  if (mayAct === undefined) return capabilities;
  const others = capabilities.filter((capability) => capability !== ACT_FOR_USERS);
  return mayAct ? [...others, ACT_FOR_USERS] : others;
}
