import { DomainError, uuidv7 } from '@lumo/kit';
import { checkOrgSlug, type RequestContext, runInContext, type SlugProblem } from '@lumo/tenancy';
import type { OrgRecord } from '../core/org.js';
import { type CreateApiKey, type CreatedApiKey, placeApiKey } from './create-api-key.js';
import { type CreatedUser, type CreateUser, placeUser, prepareUser } from './create-user.js';
import type { DirectoryDeps } from './directory-deps.js';
import { invalid } from './refusals.js';

export interface CreateOrg {
  readonly slug: string;
  readonly name: string;
  /** The first person; gets the role `admin`. */
  readonly admin?: Omit<CreateUser, 'roles'>;
  /** The first key: without it or an admin, nobody can enter the org. */
  readonly apiKey?: CreateApiKey;
}

export interface CreatedOrg {
  readonly org: OrgRecord;
  readonly admin?: CreatedUser;
  readonly apiKey?: CreatedApiKey;
}

type Deps = Pick<
  DirectoryDeps,
  'clock' | 'transactions' | 'orgs' | 'users' | 'settings' | 'roles' | 'hasher' | 'outbox' | 'apiKeys'
>;

const SLUG_ADVICE: Readonly<Record<SlugProblem, string>> = {
  malformed: 'Use 3 to 63 lower-case letters, digits and hyphens; begin and end with a letter or digit.',
  reserved: 'This name is reserved for the platform. Choose another one.',
  looks_like_id: 'A slug must not look like an id. Choose a name.',
};

/**
 * Creates an organization with its system roles, and its first person and key where they are named: all of it or
 * nothing. A taken slug is `duplicate_resource`.
 */
export function createOrg(deps: Deps) {
  const { clock, transactions, orgs, outbox, roles } = deps;
  return async (ctx: RequestContext, command: CreateOrg): Promise<CreatedOrg> => {
    const slug = checkOrgSlug(command.slug);
    if (!slug.ok) throw invalid({ slug: SLUG_ADVICE[slug.error] });
    if (await orgs.bySlug(slug.value)) throw taken(slug.value);
    const now = new Date(clock.now());
    const id = uuidv7(now.getTime());
    const inOrg = { ...ctx, org: { id, slug: slug.value } };
    return runInContext(inOrg, async () => {
      const adminRow = command.admin && (await prepareUser(deps, command.admin));
      return transactions.run(async (tx) => {
        const row = { id, slug: slug.value, name: command.name, status: 'active' as const };
        const inserted = await orgs.insert(tx, { ...row, createdAt: now, updatedAt: now });
        if (!inserted.ok) throw taken(slug.value);
        await outbox.append(tx, {
          name: 'org.created',
          target: { type: 'org', id, name: slug.value },
          data: { slug: slug.value, name: command.name },
        });
        const apiKey = command.apiKey && (await placeApiKey(deps, tx, inOrg, command.apiKey));
        await roles.provisionOrg();
        const admin = adminRow && (await placeUser(deps, tx, adminRow, ['admin']));
        return { org: inserted.value, ...(admin && { admin }), ...(apiKey && { apiKey }) };
      });
    });
  };
}

function taken(slug: string): DomainError {
  return new DomainError('conflict', 'duplicate_resource', `The slug ${slug} belongs to another organization.`, {
    details: { slug: 'taken' },
  });
}
