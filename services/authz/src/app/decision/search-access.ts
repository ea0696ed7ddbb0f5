import { createHash } from 'node:crypto';
import { DomainError } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import type { AuthzDeps } from '../authz-deps.js';
import { orgOf } from '../authz-deps.js';
import { decideAll, type Inquiry } from './decide.js';
import type { RequestAttributes } from './evaluate-policies.js';
import {
  actionCandidates,
  type Candidates,
  resourceCandidates,
  type SearchedAccess,
  subjectCandidates,
} from './search-candidates.js';
import { type AskedSubject, missingSubject, type QuestionSubject, settleSubject } from './subject-of-question.js';

/** Who can do this, what can somebody act on, what can somebody do (AuthZEN 1.0, search). */
export type SearchAccess = { readonly request: RequestAttributes; readonly page: SearchPage } & (
  | {
      readonly find: 'subjects';
      readonly subjectType: string;
      readonly action: string;
      readonly resource: { readonly type: string; readonly id: string };
    }
  | {
      readonly find: 'resources';
      readonly subject: AskedSubject;
      readonly action: string;
      readonly resourceType: string;
    }
  | {
      readonly find: 'actions';
      readonly subject: AskedSubject;
      readonly resource: { readonly type: string; readonly id: string };
    }
);

export interface SearchPage {
  readonly token?: string;
  readonly limit?: number;
}

export interface SearchedPage {
  /** Ids, or names of actions. */
  readonly found: readonly string[];
  /** Absent after the last page. A page may have fewer than `limit`, even none, and a next one. */
  readonly nextToken?: string;
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;
/** Candidates that are decided at once, and in one request. */
const BATCH = 100;
const MAX_SCANNED = 2_000;

type Deps = Pick<AuthzDeps, 'graphs' | 'policies' | 'policySource' | 'clock' | 'relations' | 'stores'>;

/**
 * Finds everything for which a decision would be an allow: each answer was decided like a question of its own, so that an
 * evaluation of it says the same. Known are people, whoever has attributes or roles, resources with attributes, and
 * everything with relations; what nobody told the platform of cannot be found.
 */
export function searchAccess(deps: Deps) {
  return async (ctx: RequestContext, search: SearchAccess): Promise<SearchedPage> => {
    const { settled, candidates, inquiryOf } = await prepare(deps, ctx, search);
    const binding = bindingOf(orgOf(ctx).id, search, settled);
    const limit = Math.max(1, Math.min(search.page.limit ?? DEFAULT_LIMIT, MAX_LIMIT));
    const found: string[] = [];
    let after = search.page.token === undefined ? undefined : openToken(search.page.token, binding);
    for (let scanned = 0; scanned < MAX_SCANNED; ) {
      const batch = await candidates(after, BATCH);
      const { decisions } = await decideAll(deps, ctx, batch.map(inquiryOf));
      for (const [i, id] of batch.entries()) {
        after = id;
        if (decisions[i]?.outcome === 'allow') found.push(id);
        if (found.length === limit) return { found, ...(await next(candidates, after, binding)) };
      }
      if (batch.length < BATCH) return { found };
      scanned += batch.length;
    }
    return { found, nextToken: sealToken(after ?? '', binding) };
  };
}

interface Prepared {
  readonly settled?: QuestionSubject;
  readonly candidates: Candidates;
  readonly inquiryOf: (candidate: string) => Inquiry;
}

async function prepare(deps: Deps, ctx: RequestContext, search: SearchAccess): Promise<Prepared> {
  const { request } = search;
  if (search.find === 'subjects') {
    const { subjectType: type, action, resource } = search;
    // Asking who can is asking about others.
    await settleSubject(deps, ctx, { type, id: '' });
    const searched: SearchedAccess = { action, resource, subject: { type }, request };
    return {
      candidates: await subjectCandidates(deps, ctx, searched),
      inquiryOf: (id) => {
        const subject = { type, id };
        return { subject: { subject, asked: subject, isOther: true, isTrusted: true }, action, resource, request };
      },
    };
  }
  const settled = await settleSubject(deps, ctx, search.subject);
  if (!settled.isOther && ctx.principal.type === 'api_key') throw missingSubject();
  if (search.find === 'resources') {
    const { action, resourceType: type } = search;
    const searched: SearchedAccess = { action, resource: { type }, subject: settled.asked, request };
    return {
      settled,
      candidates: await resourceCandidates(deps, ctx, searched),
      inquiryOf: (id) => ({ subject: settled, action, resource: { type, id }, request }),
    };
  }
  const { resource } = search;
  const names = await actionCandidates(deps, ctx, resource.type);
  return {
    settled,
    candidates: async (after, limit) => names.filter((name) => after === undefined || name > after).slice(0, limit),
    inquiryOf: (action) => ({ subject: settled, action, resource, request }),
  };
}

async function next(candidates: Candidates, after: string, binding: string): Promise<Pick<SearchedPage, 'nextToken'>> {
  const [more] = await candidates(after, 1);
  return more === undefined ? {} : { nextToken: sealToken(after, binding) };
}

/** A token continues the search that it came from and no other. */
function bindingOf(orgId: string, { page: _, ...search }: SearchAccess, settled: QuestionSubject | undefined): string {
  return createHash('sha256')
    .update(JSON.stringify([orgId, search, settled?.subject]))
    .digest('base64url')
    .slice(0, 22);
}

/** It holds nothing but where the page before ended: what may be found is decided again for every page. */
function sealToken(after: string, binding: string): string {
  return Buffer.from(JSON.stringify([binding, after])).toString('base64url');
}

function openToken(token: string, binding: string): string {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (Array.isArray(parsed) && parsed[0] === binding && typeof parsed[1] === 'string') return parsed[1];
  } catch {
    // Refused below, like every other token that is none.
  }
  throw new DomainError(
    'invalid',
    'invalid_request',
    'page.token is not of this search. Send every other member as in the request that the token came from.',
  );
}
