import { type DomainError, isDomainError } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import type { AuthzDeps } from '../authz-deps.js';
import { hasPolicyRight, requirePolicyRight } from '../policies/policy-access.js';
import type { Consistency } from '../relations/consistency.js';
import { type Decision, decideAll, type Inquiry } from './decide.js';
import type { RequestAttributes } from './evaluate-policies.js';
import { type AskedSubject, missingSubject, settleSubject } from './subject-of-question.js';

export interface AccessQuestion {
  /** Absent: the caller. */
  readonly about?: AskedSubject;
  readonly action: string;
  readonly resource: { readonly type: string; readonly id?: string };
  readonly request: RequestAttributes;
}

export interface DecideAccess extends AccessQuestion {
  readonly consistency?: Consistency;
  /** With what decided, in each engine: needs the permission `policies.view`. */
  readonly explain?: boolean;
}

export interface DecidedAccess {
  readonly subject: AskedSubject;
  readonly decision: Decision;
  readonly revision: number;
  readonly token: string;
}

export type DecideDeps = Pick<
  AuthzDeps,
  'graphs' | 'policies' | 'clock' | 'relations' | 'stores' | 'decisions' | 'questions'
>;

/** The combined decision of an organization (contract 3.2). What cannot be decided is an error, never an allow. */
export function decideAccess(deps: DecideDeps) {
  return async (ctx: RequestContext, question: DecideAccess): Promise<DecidedAccess> => {
    if (question.explain) await requirePolicyRight(deps, ctx, 'explain');
    const inquiry = await settleInquiry(deps, ctx, question);
    const explained = { ...inquiry, ...(question.explain && { explain: true }) };
    const { decisions, revision, token } = await decideAll(deps, ctx, [explained], question.consistency);
    const [decision] = decisions;
    if (!decision) throw new Error('one inquiry has one decision');
    recordDecisions(deps, ctx, [inquiry], decisions);
    return { subject: inquiry.subject.subject, decision, revision, token };
  };
}

export interface DecidedMany {
  /** In the order of the questions; fewer where it stopped. */
  readonly answers: readonly ManyDecision[];
  readonly seesReasons: boolean;
}

/** A question of many; what is wrong with it is its own matter. */
export type ManyQuestion = AccessQuestion | DomainError;
export type ManyDecision = Decision | DomainError;

export interface DecideMany {
  readonly questions: readonly ManyQuestion[];
  /** The first decision with this outcome is the last one; a question that cannot be decided is a denial. */
  readonly stopAt?: 'allow' | 'deny';
}

/** Several questions of one request, decided at one revision; each that cannot be asked has its own refusal. */
export function decideMany(deps: DecideDeps) {
  return async (ctx: RequestContext, { questions, stopAt }: DecideMany): Promise<DecidedMany> => {
    const seesReasons = await hasPolicyRight(deps, ctx, 'explain');
    const settled = await Promise.all(questions.map((question) => settleOne(deps, ctx, question)));
    const inquiries = settled.filter((one): one is Inquiry => !isDomainError(one));
    const { decisions } = await decideAll(deps, ctx, inquiries);
    const answers: ManyDecision[] = [];
    const decided: Decision[] = [];
    for (const one of settled) {
      const answer = isDomainError(one) ? one : decisions[decided.length];
      if (!answer) throw new Error('every inquiry has a decision');
      answers.push(answer);
      if (!isDomainError(answer)) decided.push(answer);
      const isAllow = !isDomainError(answer) && answer.outcome === 'allow';
      if (stopAt === (isAllow ? 'allow' : 'deny')) break;
    }
    recordDecisions(deps, ctx, inquiries.slice(0, decided.length), decided);
    return { answers, seesReasons };
  };
}

async function settleOne(
  deps: DecideDeps,
  ctx: RequestContext,
  question: ManyQuestion,
): Promise<Inquiry | DomainError> {
  if (isDomainError(question)) return question;
  try {
    return await settleInquiry(deps, ctx, question);
  } catch (error) {
    if (isDomainError(error) && error.kind !== 'unavailable' && error.kind !== 'internal') return error;
    throw error;
  }
}

/** Settles about whom is asked; API keys hold nothing themselves. */
export async function settleInquiry(
  deps: Pick<AuthzDeps, 'graphs' | 'stores'>,
  ctx: RequestContext,
  { about, action, resource, request }: AccessQuestion,
): Promise<Inquiry> {
  const subject = await settleSubject(deps, ctx, about);
  if (!subject.isOther && ctx.principal.type === 'api_key') throw missingSubject();
  return { subject, action, resource, request };
}

function recordDecisions(
  { decisions, questions }: DecideDeps,
  ctx: RequestContext,
  inquiries: readonly Inquiry[],
  decided: readonly Decision[],
): void {
  decisions.record(
    ctx,
    inquiries.map(({ subject, action, resource }, i) => ({
      subject: subject.subject,
      permission: action,
      resource,
      allowed: decided[i]?.outcome === 'allow',
    })),
  );
  for (const inquiry of inquiries) questions.remember(ctx, inquiry);
}
