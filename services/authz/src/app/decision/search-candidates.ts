import type { RequestContext } from '@lumo/tenancy';
import { permissionNames } from '../../core/decision/permission-names.js';
import type { AuthzDeps } from '../authz-deps.js';
import { orgOf } from '../authz-deps.js';
import { defaultStoreId } from '../relations/store-id.js';
import type { RequestAttributes } from './evaluate-policies.js';

/** Ids that could be answers, in byte order, after one of them; none is left out, many may not be answers. */
export type Candidates = (after: string | undefined, limit: number) => Promise<readonly string[]>;

export interface SearchedAccess {
  readonly action: string;
  readonly resource: { readonly type: string; readonly id?: string };
  readonly subject: { readonly type: string; readonly id?: string };
  readonly request: RequestAttributes;
}

type Deps = Pick<AuthzDeps, 'graphs' | 'policies' | 'policySource' | 'relations'>;

/** Relations found at once; where there are more, everything with tuples is a candidate. */
const MAX_RELATED = 10_000;

/**
 * Who could be allowed. Every engine that could allow names those whom it could: policies can allow anybody who is known,
 * roles whoever holds anything, relations exactly whom they relate. Whoever no engine names, none allows.
 */
export async function subjectCandidates(deps: Deps, ctx: RequestContext, search: SearchedAccess): Promise<Candidates> {
  const { type } = search.subject;
  const applicable = await applicableEngines(deps, ctx, search);
  const related = applicable.relations ? await relatedIds(deps, ctx, search, 'subjects') : [];
  const sources = {
    people: applicable.policies,
    attributes: applicable.policies,
    roles: applicable.roles || applicable.policies,
    tuples: related === 'many',
    storeId: defaultStoreId(orgOf(ctx)),
  };
  return merged(related, (after, limit) =>
    deps.policySource.knownSubjects(type, { ...(after !== undefined && { after }), limit, sources }),
  );
}

/** What somebody could be allowed to act on: policies and roles can allow it on everything that is known. */
export async function resourceCandidates(deps: Deps, ctx: RequestContext, search: SearchedAccess): Promise<Candidates> {
  const { type } = search.resource;
  const applicable = await applicableEngines(deps, ctx, search);
  const related = applicable.relations ? await relatedIds(deps, ctx, search, 'objects') : [];
  const everything = applicable.policies || applicable.roles;
  const sources = {
    attributes: everything,
    tuples: everything || related === 'many',
    storeId: defaultStoreId(orgOf(ctx)),
  };
  return merged(related, (after, limit) =>
    deps.policySource.knownResources(type, { ...(after !== undefined && { after }), limit, sources }),
  );
}

/** Every action that any engine has a word for, on resources of the type; sorted. */
export async function actionCandidates(
  { graphs, policies, relations }: Deps,
  ctx: RequestContext,
  resourceType: string,
): Promise<readonly string[]> {
  const org = orgOf(ctx);
  const { set } = await policies.read(org, () => []);
  const names = new Set(set.actionsOf(resourceType));
  await graphs.ask(org, [], (graph) => {
    for (const { facts } of graph.permissions()) {
      const action = actionOf(facts.slug, resourceType);
      if (action !== undefined) names.add(action);
    }
  });
  for (const relation of await relationsOf(relations, ctx, resourceType)) names.add(relation);
  return [...names].sort();
}

/** `document.edit` and `document:edit` are `edit` of documents; `edit` is it for every type. */
function actionOf(slug: string, resourceType: string): string | undefined {
  for (const separator of ['.', ':']) {
    const prefix = `${resourceType}${separator}`;
    if (slug.startsWith(prefix) && slug.length > prefix.length) return slug.slice(prefix.length);
  }
  return /[.:]/.test(slug) ? undefined : slug;
}

interface Applicable {
  readonly policies: boolean;
  readonly roles: boolean;
  readonly relations: boolean;
}

async function applicableEngines(
  { graphs, policies, relations }: Deps,
  ctx: RequestContext,
  { action, resource }: SearchedAccess,
): Promise<Applicable> {
  const org = orgOf(ctx);
  const { set, settings } = await policies.read(org, () => []);
  const takesPart = (engine: (typeof settings.engines)[number]) => settings.engines.includes(engine);
  const names = permissionNames(resource.type, action);
  const hasPermission =
    takesPart('rbac') &&
    (await graphs.ask(org, [], (graph) => names.some((name) => graph.permission(name) !== undefined)));
  const hasRelation = takesPart('rebac') && (await relationsOf(relations, ctx, resource.type)).includes(action);
  return {
    policies: takesPart('abac') && set.isAbout(resource.type, action),
    roles: hasPermission,
    relations: hasRelation,
  };
}

async function relationsOf(
  { graphs }: AuthzDeps['relations'],
  ctx: RequestContext,
  resourceType: string,
): Promise<readonly string[]> {
  return unlessNoModel(
    async () => graphs.ask(orgOf(ctx), {}, ({ model }) => [...(model.types.get(resourceType)?.relations.keys() ?? [])]),
    [],
  );
}

/** The ids that relations name, in byte order; 'many' where they are too many to name, or cannot be told. */
async function relatedIds(
  { relations }: Deps,
  ctx: RequestContext,
  { action, resource, subject, request }: SearchedAccess,
  kind: 'subjects' | 'objects',
): Promise<readonly string[] | 'many'> {
  const context = request.environment && { context: request.environment };
  const found = await relations.graphs.askSliced(orgOf(ctx), {}, function* (at) {
    if (kind === 'objects') {
      const list = yield* at.engine.listObjects({
        type: resource.type,
        relation: action,
        subject: `${subject.type}:${subject.id}`,
        ...context,
        limit: MAX_RELATED,
        ...at.asking(),
      });
      return list.ok ? { ids: list.value.objects, more: list.value.more } : undefined;
    }
    const list = yield* at.engine.listSubjects({
      object: `${resource.type}:${resource.id}`,
      relation: action,
      filters: [{ type: subject.type }],
      ...context,
      limit: MAX_RELATED,
      ...at.asking(),
    });
    if (!list.ok) return undefined;
    return { ids: list.value.subjects, more: list.value.more || list.value.subjects.includes(`${subject.type}:*`) };
  });
  if (!found || found.more) return 'many';
  const prefix = `${kind === 'objects' ? resource.type : subject.type}:`;
  return found.ids.map((id) => id.slice(prefix.length)).sort(byteOrder);
}

function merged(related: readonly string[] | 'many', known: Candidates): Candidates {
  return async (after, limit) => {
    const ids = new Set(await known(after, limit));
    if (related !== 'many') {
      for (const id of related) if (after === undefined || byteOrder(id, after) > 0) ids.add(id);
    }
    return [...ids].sort(byteOrder).slice(0, limit);
  };
}

function byteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

async function unlessNoModel<T>(ask: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'model_not_found') return otherwise;
    throw error;
  }
}
