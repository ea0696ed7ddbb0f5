import { DomainError } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import { mayAskAboutOthers } from '../../core/rbac/question.js';
import { isSubjectType } from '../../core/subject.js';
import { type AuthzDeps, orgOf } from '../authz-deps.js';
import { notAnOracle } from '../refusals.js';

/** Somebody or something that an application decides about; users, agents and clients are those of this organization. */
export interface AskedSubject {
  readonly type: string;
  readonly id: string;
}

/** About whom a question is, and what the caller's word counts. */
export interface QuestionSubject {
  /** Its id as the directory has it, where it was asked by e-mail address. */
  readonly subject: AskedSubject;
  /** As it was asked. */
  readonly asked: AskedSubject;
  readonly isOther: boolean;
  /** The caller may describe the world (core/abac/attribute-scopes.ts). */
  readonly isTrusted: boolean;
  /** A delegated token reaches no further than these; undefined where there is no ceiling. */
  readonly ceiling?: readonly string[];
}

type Deps = Pick<AuthzDeps, 'graphs' | 'stores'>;

/**
 * Settles about whom is asked: the caller where nobody is named. Throws `permission_denied` where the caller may not ask
 * about somebody else, who is everybody but itself; an agent that acts for a person may ask what it may do for that person.
 */
export async function settleSubject(
  { graphs, stores }: Deps,
  ctx: RequestContext,
  about: AskedSubject | undefined,
): Promise<QuestionSubject> {
  const { principal } = ctx;
  const own: AskedSubject = { type: principal.type, id: principal.id };
  const isOther = about !== undefined && !(about.type === own.type && about.id === own.id);
  const subjects = isSubjectType(own.type) ? [{ type: own.type, id: own.id }] : [];
  const isOracle = await graphs.ask(orgOf(ctx), subjects, (graph) => mayAskAboutOthers(graph, principal));
  if (!isOther) {
    const ceiling = principal.actors.length > 0 ? principal.scopes : undefined;
    const isTrusted = isOracle && !ceiling;
    return { subject: own, asked: own, isOther, isTrusted, ...(ceiling && { ceiling }) };
  }
  if (!isOracle) throw notAnOracle();
  const byAddress = about.type === 'user' && about.id.includes('@');
  const id = byAddress ? (await stores.people.resolve([about.id])).get(about.id) : undefined;
  return { subject: { type: about.type, id: id ?? about.id }, asked: about, isOther, isTrusted: true };
}

/** For questions that API keys cannot ask about themselves. */
export function missingSubject(): DomainError {
  return new DomainError(
    'invalid',
    'MISSING_SUBJECT',
    'This credential holds no permissions itself. Say about whom you ask: pass user_id, or subject {type, id}.',
  );
}
