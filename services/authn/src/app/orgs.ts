import type { RequestContext } from '@lumo/tenancy';
import type { OrgRecord } from '../core/org.js';
import type { Page, PageQuery } from '../ports.js';
import type { DirectoryDeps } from './directory-deps.js';

type Deps = Pick<DirectoryDeps, 'orgs'>;

export function listOrgs({ orgs }: Deps) {
  return (_ctx: RequestContext, query: PageQuery): Promise<Page<OrgRecord>> => orgs.list(query);
}

/** An active org by slug or id; undefined also for a suspended one. */
export function resolveOrg({ orgs }: Deps) {
  return async (key: { readonly slug: string } | { readonly id: string }): Promise<OrgRecord | undefined> => {
    const org = 'slug' in key ? await orgs.bySlug(key.slug) : await orgs.byId(key.id);
    return org?.status === 'active' ? org : undefined;
  };
}
