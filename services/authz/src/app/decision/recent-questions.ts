import type { RequestContext } from '@lumo/tenancy';
import type { AttributeBag } from '../../core/abac/attribute-value.js';
import type { PolicyInquiry, RequestAttributes } from './evaluate-policies.js';

/** A question that was asked, kept to be asked again under other policies. */
export interface RecentQuestion {
  readonly subject: { readonly type: string; readonly id: string };
  readonly resource: { readonly type: string; readonly id?: string };
  readonly action: string;
  readonly request: RequestAttributes;
  /** Attributes of the request were left out, because they were long or looked like secrets. */
  readonly isPartial: boolean;
  readonly askedAt: Date;
}

/**
 * The last different questions of each organization, in the memory of this process: another process remembers its own,
 * and a restart forgets them.
 */
export interface RecentQuestions {
  remember(ctx: RequestContext, inquiry: PolicyInquiry): void;
  /** Newest first. */
  of(orgId: string): readonly RecentQuestion[];
}

/** Questions kept for one organization. */
const PER_ORG = 200;
/** Organizations with questions. */
const MAX_ORGS = 100;
/** Characters of one attribute, and of a whole question, as JSON: with the numbers above, some 40 MB at the very most. */
const MAX_ATTRIBUTE = 256;
const MAX_QUESTION = 1_000;
/** Names of attributes whose values are never kept. */
const SECRET = /secret|password|passwd|token|credential|authorization|cookie|api_?key|private|pin$|ssn|card/i;

export function createRecentQuestions(clock: { now(): number }): RecentQuestions {
  const orgs = new Map<string, Map<string, RecentQuestion>>();

  function questionsOf(orgId: string): Map<string, RecentQuestion> {
    const known = orgs.get(orgId) ?? new Map<string, RecentQuestion>();
    orgs.delete(orgId);
    orgs.set(orgId, known);
    if (orgs.size > MAX_ORGS) orgs.delete(firstKey(orgs));
    return known;
  }

  return {
    remember({ org }, { subject: { subject }, resource, action, request }) {
      if (!org) return;
      const whole = { subject, resource, action, ...harmless(request) };
      const isLong = JSON.stringify(whole).length > MAX_QUESTION;
      const question = isLong ? { ...whole, request: {}, isPartial: true } : whole;
      const key = JSON.stringify(question);
      const questions = questionsOf(org.id);
      questions.delete(key);
      questions.set(key, { ...question, askedAt: new Date(clock.now()) });
      if (questions.size > PER_ORG) questions.delete(firstKey(questions));
    },
    of: (orgId) => [...(orgs.get(orgId)?.values() ?? [])].reverse(),
  };
}

function firstKey(map: ReadonlyMap<string, unknown>): string {
  return map.keys().next().value ?? '';
}

/** Attributes of a request without what looks like a secret, and without what is long. */
function harmless(request: RequestAttributes): { readonly request: RequestAttributes; readonly isPartial: boolean } {
  let isPartial = false;
  const kept: Record<string, AttributeBag> = {};
  for (const [root, bag] of Object.entries(request) as [string, AttributeBag | undefined][]) {
    const attributes = Object.entries(bag ?? {}).filter(([name, value]) => {
      const isKept = !SECRET.test(name) && JSON.stringify(value).length <= MAX_ATTRIBUTE;
      isPartial ||= !isKept;
      return isKept;
    });
    if (attributes.length > 0) kept[root] = Object.fromEntries(attributes);
  }
  return { request: kept, isPartial };
}
