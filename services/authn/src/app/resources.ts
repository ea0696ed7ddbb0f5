import { DomainError, newId } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import { checkResource, type Resource, type ResourceDraft } from '../core/resource.js';
import type { Page, PageQuery } from '../ports.js';
import { requireMayGrant } from './caller-authority.js';
import type { DirectoryDeps } from './directory-deps.js';
import { invalid, notFound } from './refusals.js';

type Deps = Pick<DirectoryDeps, 'clock' | 'transactions' | 'resources' | 'roles' | 'outbox'>;

/** Every sign-in of the org looks through them. */
const MAX_RESOURCES = 500;

export function listResources({ resources }: Pick<Deps, 'resources'>) {
  return (_ctx: RequestContext, query: PageQuery): Promise<Page<Resource>> => resources.list(query);
}

export function readResource({ resources }: Pick<Deps, 'resources'>) {
  return async (_ctx: RequestContext, id: string): Promise<Resource> => {
    const resource = await resources.byId(id);
    if (!resource) throw notFound('Resource');
    return resource;
  };
}

/** Lets every client of the org ask tokens for a resource. Its scopes are given to whoever asks, so the caller needs them. */
export function createResource(deps: Deps) {
  const { clock, transactions, resources, outbox } = deps;
  return async (ctx: RequestContext, draft: ResourceDraft): Promise<Resource> => {
    judge(draft);
    await requireMayGrant(deps, ctx, draft.scopes);
    const now = new Date(clock.now());
    const resource: Resource = { ...draft, id: newId('resource'), createdAt: now, updatedAt: now };
    await transactions.run(async (tx) => {
      if ((await resources.count(tx)) >= MAX_RESOURCES) {
        throw new DomainError('conflict', 'limit_reached', `An organization has at most ${MAX_RESOURCES} resources.`);
      }
      if (!(await resources.insert(tx, resource))) throw taken();
      await outbox.append(tx, {
        name: 'resource.created',
        target: { type: 'resource', id: resource.id, name: resource.name },
        data: { identifier: resource.identifier, scopes: resource.scopes },
      });
    });
    return resource;
  };
}

/** Its identifier stands in tokens and in what people allowed, so it stays; what it offers can change. */
export function updateResource(deps: Deps) {
  const { clock, transactions, resources, outbox } = deps;
  return async (
    ctx: RequestContext,
    id: string,
    change: Partial<Omit<ResourceDraft, 'identifier'>>,
  ): Promise<Resource> => {
    return transactions.run(async (tx) => {
      const before = await resources.byId(id);
      if (!before) throw notFound('Resource');
      const wanted = { ...before, ...change };
      judge(wanted);
      await requireMayGrant(deps, ctx, [...before.scopes, ...wanted.scopes]);
      const after = await resources.update(tx, wanted, new Date(clock.now()));
      if (!after) throw notFound('Resource');
      await outbox.append(tx, {
        name: 'resource.updated',
        target: { type: 'resource', id, name: after.name },
        data: { fields: Object.keys(change), scopes: after.scopes },
      });
      return after;
    });
  };
}

/** From now on nobody gets tokens for it; those that were issued end by themselves. */
export function deleteResource({ transactions, resources, outbox }: Deps) {
  return async (_ctx: RequestContext, id: string): Promise<void> => {
    const resource = await resources.byId(id);
    if (!resource) throw notFound('Resource');
    await transactions.run(async (tx) => {
      if (!(await resources.remove(tx, id))) throw notFound('Resource');
      await outbox.append(tx, {
        name: 'resource.deleted',
        target: { type: 'resource', id, name: resource.name },
        data: { identifier: resource.identifier },
      });
    });
  };
}

function judge(draft: ResourceDraft): void {
  const problems = checkResource(draft);
  if (Object.keys(problems).length > 0) throw invalid(problems);
}

function taken(): DomainError {
  return new DomainError('conflict', 'duplicate_resource', 'A resource with this identifier exists. Update that one.', {
    details: { identifier: 'taken' },
  });
}
