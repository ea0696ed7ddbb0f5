import { DomainError } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import { checkDetailType, type DetailType } from '../core/authorization-details.js';
import type { DetailTypeStore, StoredDetailType } from '../oidc-ports.js';
import type { DirectoryDeps } from './directory-deps.js';
import { invalid, notFound } from './refusals.js';

type Deps = Pick<DirectoryDeps, 'clock' | 'transactions' | 'outbox'> & { readonly detailTypes: DetailTypeStore };

/** An org has few: they stand in its metadata, and every one is offered to whoever may ask for it. */
const MAX_TYPES = 100;

export function listDetailTypes({ detailTypes }: Pick<Deps, 'detailTypes'>) {
  return (_ctx: RequestContext): Promise<readonly StoredDetailType[]> => detailTypes.list();
}

export function readDetailType({ detailTypes }: Pick<Deps, 'detailTypes'>) {
  return async (_ctx: RequestContext, type: string): Promise<StoredDetailType> => {
    const found = (await detailTypes.list()).find((known) => known.type === type);
    if (!found) throw notFound('Type of authorization details');
    return found;
  };
}

/** Registers a type (RFC 9396 section 2) that clients may be allowed to ask for. */
export function createDetailType(deps: Deps) {
  const { clock, transactions, outbox, detailTypes } = deps;
  const read = readDetailType(deps);
  return async (ctx: RequestContext, type: DetailType): Promise<StoredDetailType> => {
    requireFit(type);
    if ((await detailTypes.list()).length >= MAX_TYPES)
      throw new DomainError('conflict', 'limit_reached', `An organization has at most ${MAX_TYPES} types.`);
    await transactions.run(async (tx) => {
      if (!(await detailTypes.insert(tx, type, new Date(clock.now()))))
        throw new DomainError('conflict', 'duplicate_resource', 'There is a type with that name.');
      await outbox.append(tx, { name: 'authorization_details_type.changed', target: targetOf(type) });
    });
    return read(ctx, type.type);
  };
}

/** Replaces what a type may contain. What was granted before stays as it was granted. */
export function changeDetailType({ clock, transactions, outbox, detailTypes }: Deps) {
  return async (_ctx: RequestContext, type: DetailType): Promise<StoredDetailType> => {
    requireFit(type);
    return transactions.run(async (tx) => {
      const after = await detailTypes.update(tx, type, new Date(clock.now()));
      if (!after) throw notFound('Type of authorization details');
      await outbox.append(tx, { name: 'authorization_details_type.changed', target: targetOf(type) });
      return after;
    });
  };
}

export function deleteDetailType({ transactions, outbox, detailTypes }: Deps) {
  return (_ctx: RequestContext, type: string): Promise<void> =>
    transactions.run(async (tx) => {
      if (!(await detailTypes.remove(tx, type))) throw notFound('Type of authorization details');
      await outbox.append(tx, {
        name: 'authorization_details_type.deleted',
        target: { type: 'authorization_details_type', id: type },
      });
    });
}

function requireFit(type: DetailType): void {
  const checked = checkDetailType(type);
  if (!checked.ok) throw invalid(checked.error);
}

function targetOf({ type, name }: DetailType) {
  return { type: 'authorization_details_type', id: type, name } as const;
}
