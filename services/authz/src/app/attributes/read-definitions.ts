import type { RequestContext } from '@lumo/tenancy';
import type { AttributeType, DataType } from '../../core/abac/attribute-definition.js';
import type { Page, PageQuery } from '../../ports.js';
import type { AuthzDeps } from '../authz-deps.js';
import { requirePolicyRight } from '../policies/policy-access.js';
import { notFound } from '../refusals.js';
import { BUILT_IN_DEFINITIONS, findBuiltInDefinition, type ListedDefinition } from './built-in-definitions.js';

export interface DefinitionQuery extends PageQuery {
  readonly type?: AttributeType;
  readonly dataType?: DataType;
  readonly isSystem?: boolean;
}

type Deps = Pick<AuthzDeps, 'stores' | 'graphs'>;

/** Definitions, the organization's own and the built-in ones. */
export function listDefinitions(deps: Deps) {
  return async (ctx: RequestContext, query: DefinitionQuery): Promise<Page<ListedDefinition>> => {
    await requirePolicyRight(deps, ctx, 'attributes.view');
    return cut(await matching(deps, query), query);
  };
}

/** What applications may know to build forms and questions: which attributes there are. Open to every caller of the org. */
export function describeAttributes(deps: Pick<Deps, 'stores'>) {
  return async (_ctx: RequestContext, query: DefinitionQuery): Promise<Page<ListedDefinition>> =>
    cut(await matching(deps, query), query);
}

/** By id or slug. */
export function readDefinition(deps: Deps) {
  return async (ctx: RequestContext, { reference }: { readonly reference: string }): Promise<ListedDefinition> => {
    await requirePolicyRight(deps, ctx, 'attributes.view');
    const own = await deps.stores.policies.definition(reference);
    const found = own ? { ...own, isSystem: false } : findBuiltInDefinition(reference);
    if (!found) throw notFound('Attribute');
    return found;
  };
}

async function matching(
  { stores }: Pick<Deps, 'stores'>,
  query: DefinitionQuery,
): Promise<readonly ListedDefinition[]> {
  const own = (await stores.policies.definitions()).map((definition) => ({ ...definition, isSystem: false }));
  const search = query.search?.toLowerCase();
  return [...own, ...BUILT_IN_DEFINITIONS].filter(
    ({ attributeType, dataType, isSystem, slug, name, description }) =>
      (query.type === undefined || attributeType === query.type) &&
      (query.dataType === undefined || dataType === query.dataType) &&
      (query.isSystem === undefined || isSystem === query.isSystem) &&
      (!search || [slug, name, description ?? ''].some((text) => text.toLowerCase().includes(search))),
  );
}

const SORTED: Readonly<Record<string, (definition: ListedDefinition) => string | number>> = {
  slug: ({ slug }) => slug.toLowerCase(),
  name: ({ name }) => name.toLowerCase(),
  attributeType: ({ attributeType }) => attributeType,
  dataType: ({ dataType }) => dataType,
  createdAt: ({ createdAt }) => createdAt.getTime(),
  updatedAt: ({ updatedAt }) => updatedAt.getTime(),
};

/** There are at most some hundreds: they are sorted here, because the built-in ones are in no table. */
function cut(
  definitions: readonly ListedDefinition[],
  { page, limit, sortBy = '', sortDir }: DefinitionQuery,
): Page<ListedDefinition> {
  const key = Object.hasOwn(SORTED, sortBy) ? SORTED[sortBy] : undefined;
  const direction = sortDir === 'DESC' ? -1 : 1;
  // Own ones first, as long as nobody asks for another order.
  const sorted = key ? definitions.toSorted((a, b) => direction * compare(key(a), key(b))) : definitions;
  return { rows: sorted.slice((page - 1) * limit, page * limit), total: definitions.length };
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
