import type { RequestContext } from '@lumo/tenancy';
import type { CompiledModel } from '../../core/rebac/compiled-model.js';
import { type AuthzDeps, orgOf } from '../authz-deps.js';
import { type ListedSubjects, type ListSubjects, listSubjects } from './list-subjects.js';

export type WhoCan = Omit<ListSubjects, 'filters'> & {
  /** Absent: every type that the model lets stand on the right of a tuple. */
  readonly filters?: ListSubjects['filters'];
};

/** Everybody who has a relation to an object, of every type that can. */
export function whoCan(deps: Pick<AuthzDeps, 'relations'>) {
  const list = listSubjects(deps);
  return async (ctx: RequestContext, { filters, ...query }: WhoCan): Promise<ListedSubjects> => {
    if (filters) return list(ctx, { ...query, filters });
    // A page after the first is by the model of the first; its cursor is bound to the types that were asked for then.
    const types = await deps.relations.graphs.ask(orgOf(ctx), query, (at) => typesOfSubjects(at.model));
    return list(ctx, { ...query, filters: types.map((type) => ({ type })) });
  };
}

/** Types whose things, and not only usersets of them, can have a relation. */
function typesOfSubjects({ types }: CompiledModel): readonly string[] {
  const found = new Set<string>();
  for (const { relations } of types.values())
    for (const { restrictions } of relations.values())
      for (const { type, relation } of restrictions) if (relation === undefined) found.add(type);
  return [...found].sort();
}
