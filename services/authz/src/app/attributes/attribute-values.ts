import type { RequestContext } from '@lumo/tenancy';
import { checkAttributeValue, isBuiltInSlug } from '../../core/abac/attribute-definition.js';
import type { AttributeBag, AttributeValue } from '../../core/abac/attribute-value.js';
import type { AttributeDefinition, AttributeOwner } from '../../policy-ports.js';
import type { Work } from '../../ports.js';
import type { AuthzDeps } from '../authz-deps.js';
import { evaluatePolicies } from '../decision/evaluate-policies.js';
import { type AskedSubject, settleSubject } from '../decision/subject-of-question.js';
import { requirePolicyRight } from '../policies/policy-access.js';
import { immutable, invalid, notFound } from '../refusals.js';

export interface SetAttributes {
  readonly owner: AttributeOwner;
  /** By slug; null takes the value away. */
  readonly values: Readonly<Record<string, unknown>>;
}

export interface SetAttribute {
  readonly definition: AttributeDefinition;
  readonly value: AttributeValue | null;
  /** Number of the value of a resource. */
  readonly number: number;
}

/**
 * Sets values, all or none. Ids are opaque: a subject need not be in the directory, because an organization may decide about
 * people whom another directory knows; an e-mail address stands for the person who has it.
 */
export function setAttributes({ changes, graphs }: Pick<AuthzDeps, 'changes' | 'graphs'>) {
  return async (
    ctx: RequestContext,
    { owner, values }: SetAttributes,
  ): Promise<{ readonly owner: AttributeOwner; readonly set: readonly SetAttribute[] }> => {
    await requirePolicyRight({ graphs }, ctx, 'attributes.manage');
    return changes.run(async (work) => {
      const settled = await settleOwner(work, owner);
      const set: SetAttribute[] = [];
      for (const [slug, value] of Object.entries(values)) set.push(await setOne(work, settled, slug, value));
      if (set.length > 0) work.touch('policies');
      work.announce({
        name: 'attribute.values_set',
        target: { type: settled.type, id: settled.id },
        data: { kind: settled.kind, attributes: set.map(({ definition }) => definition.slug) },
      });
      return { owner: settled, set };
    });
  };
}

async function settleOwner(work: Work, owner: AttributeOwner): Promise<AttributeOwner> {
  if (owner.kind !== 'user' || owner.type !== 'user' || !owner.id.includes('@')) return owner;
  return { ...owner, id: (await work.people.resolve([owner.id])).get(owner.id) ?? owner.id };
}

async function setOne(work: Work, owner: AttributeOwner, slug: string, value: unknown): Promise<SetAttribute> {
  if (isBuiltInSlug(owner.kind, slug)) throw immutable('attribute');
  const definition = await work.policies.definition(slug, owner.kind);
  if (definition?.slug !== slug) throw notFound(`Attribute ${slug.slice(0, 100)}`);
  if (value === null) {
    await work.policies.removeValue(owner, definition.id);
    return { definition, value: null, number: 0 };
  }
  const checked = checkAttributeValue(value, definition);
  if (!checked.ok) throw invalid({ value: `of ${slug} ${checked.error}.` });
  const number = await work.policies.setValue(owner, definition.id, checked.value);
  return { definition, value: checked.value, number };
}

type ReadDeps = Pick<AuthzDeps, 'graphs' | 'policies' | 'clock' | 'stores'>;

/** What policies know of a resource: its id, its type, and what was stored. */
export function readResourceAttributes(deps: ReadDeps) {
  return async (
    ctx: RequestContext,
    { type, id }: { readonly type: string; readonly id: string },
  ): Promise<AttributeBag> => {
    await requirePolicyRight(deps, ctx, 'attributes.view');
    const subject = await settleSubject(deps, ctx, undefined);
    return (await scopesOf(deps, ctx, subject, { type, id })).resource;
  };
}

/** What policies know of the caller. */
export function readMyAttributes(deps: ReadDeps) {
  return async (
    ctx: RequestContext,
  ): Promise<{ readonly subject: AskedSubject; readonly attributes: AttributeBag }> => {
    const subject = await settleSubject(deps, ctx, undefined);
    return { subject: subject.subject, attributes: (await scopesOf(deps, ctx, subject, { type: '*' })).user };
  };
}

/** What policies know of somebody. */
export function readUserAttributes(deps: ReadDeps) {
  return async (
    ctx: RequestContext,
    about: AskedSubject,
  ): Promise<{ readonly subject: AskedSubject; readonly attributes: AttributeBag }> => {
    await requirePolicyRight(deps, ctx, 'attributes.view');
    const [id = about.id] =
      about.type === 'user' && about.id.includes('@') ? (await deps.stores.people.resolve([about.id])).values() : [];
    const subject = { type: about.type, id };
    const whom = { subject, asked: about, isOther: true, isTrusted: false };
    return { subject, attributes: (await scopesOf(deps, ctx, whom, { type: '*' })).user };
  };
}

async function scopesOf(
  deps: ReadDeps,
  ctx: RequestContext,
  subject: Awaited<ReturnType<typeof settleSubject>>,
  resource: { readonly type: string; readonly id?: string },
) {
  const inquiry = { subject, resource, action: '*', request: {} };
  const { answers } = await evaluatePolicies(deps, ctx, [inquiry], { allAttributes: true });
  const [answer] = answers;
  if (!answer) throw new Error('one inquiry has one answer');
  return answer.scopes;
}
