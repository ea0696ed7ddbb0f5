import type { Question } from './question.js';
import type { HoldingNode, PermissionNode, RbacGraph } from './rbac-graph.js';

/** One permission that a subject has. `id` is absent for a capability that names no permission of the organization. */
export interface EffectivePermission {
  readonly id?: number;
  readonly slug: string;
  readonly name: string;
  readonly description: string | null;
  /** `direct`, `role:<name>`, or `capability` where only the caller's own token carries it. */
  readonly source: string;
}

/**
 * Every permission for which `decide` answers yes, sorted by slug, each with one source: a direct grant before a role,
 * the first role by name before the others, a capability of the token last.
 */
export function listPermissions(graph: RbacGraph, question: Question): readonly EffectivePermission[] | 'unknown' {
  const standing = graph.standing(question.subject);
  if (standing === 'unknown') return 'unknown';
  const listed = new Map<string, EffectivePermission>();
  for (const node of graph.permissions()) {
    const source = standing === 'nothing' ? undefined : sourceOf(graph, standing, node);
    if (source) listed.set(node.facts.slug, { ...node.facts, source });
  }
  if (question.scopeIsNeeded) {
    for (const slug of listed.keys()) if (!question.scopes.includes(slug)) listed.delete(slug);
  }
  if (question.scopeSuffices) {
    for (const slug of question.scopes) if (!listed.has(slug)) listed.set(slug, ofToken(graph, slug));
  }
  return [...listed.values()].sort((a, b) => (a.slug < b.slug ? -1 : 1));
}

function sourceOf(graph: RbacGraph, standing: HoldingNode, node: PermissionNode): string | undefined {
  if (!graph.holds(standing, node.facts.slug)) return undefined;
  if (standing.direct.includes(node)) return 'direct';
  const names = standing.roles
    .filter((role) => role.facts.everything || role.permissions.has(node.slot))
    .map((role) => role.facts.name);
  return `role:${names.sort()[0]}`;
}

function ofToken(graph: RbacGraph, slug: string): EffectivePermission {
  const facts = graph.permission(slug)?.facts;
  return { ...(facts ?? { slug, name: slug, description: null }), source: 'capability' };
}
