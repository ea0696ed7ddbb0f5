import { DomainError, newId } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import {
  type AttributeType,
  checkAttributeSlug,
  checkAttributeValue,
  checkRules,
  type DataType,
  isBuiltInSlug,
  type ValidationRules,
} from '../../core/abac/attribute-definition.js';
import type { AttributeValue } from '../../core/abac/attribute-value.js';
import { POLICY_LIMITS } from '../../core/abac/policy.js';
import { slugFromName } from '../../core/rbac/slug.js';
import type { AttributeDefinition, DefinitionChange } from '../../policy-ports.js';
import type { Work } from '../../ports.js';
import type { AuthzDeps } from '../authz-deps.js';
import { policiesMoved } from '../policies/change-policies.js';
import { requirePolicyRight } from '../policies/policy-access.js';
import { duplicate, immutable, invalid, limitReached, notFound } from '../refusals.js';
import { isBuiltInId } from './built-in-definitions.js';

export interface CreateDefinition {
  readonly name: string;
  readonly attributeType: AttributeType;
  readonly dataType: DataType;
  /** Suggested by the name. */
  readonly slug?: string;
  readonly description?: string | null;
  readonly validationRules?: ValidationRules | null;
  readonly defaultValue?: unknown;
  readonly isRequired?: boolean;
}

export interface UpdateDefinition extends Partial<Omit<CreateDefinition, 'slug' | 'attributeType'>> {
  readonly reference: string;
  /** What values are kept under: they can be repeated, not changed. */
  readonly slug?: string;
  readonly attributeType?: AttributeType;
}

type Deps = Pick<AuthzDeps, 'changes' | 'graphs'>;

/** Declares an attribute of users, resources or the environment. */
export function createDefinition(deps: Deps) {
  return async (ctx: RequestContext, command: CreateDefinition): Promise<AttributeDefinition> => {
    await requirePolicyRight(deps, ctx, 'attributes.manage');
    const { attributeType, name, dataType, description = null, isRequired = false } = command;
    const slug = checkAttributeSlug(command.slug ?? slugFromName(name).replaceAll(/[.:]/g, '_'));
    if (!slug.ok) throw invalid({ slug: slug.error });
    if (isBuiltInSlug(attributeType, slug.value)) throw duplicate('built-in attribute', slug.value);
    const rules = settleRules(command.validationRules ?? null, dataType);
    const defaultValue = settleDefault(command.defaultValue ?? null, { dataType, validationRules: rules });
    return deps.changes.run(async (work) => {
      if (await work.policies.definition(slug.value, attributeType)) throw duplicate('attribute', slug.value);
      const { length } = await work.policies.definitions();
      if (length >= POLICY_LIMITS.definitionsPerOrg) throw limitReached('attributes', POLICY_LIMITS.definitionsPerOrg);
      const definition = await work.policies.insertDefinition({
        id: newId('attribute'),
        slug: slug.value,
        ...{ attributeType, name, description, dataType, validationRules: rules, defaultValue, isRequired },
      });
      await policiesMoved(work);
      work.announce({ name: 'attribute.created', target: targetOf(definition), data: factsOf(definition) });
      return definition;
    });
  };
}

/** Changes the members that are named. A type that values do not have can be given only while there are none. */
export function updateDefinition(deps: Deps) {
  return async (ctx: RequestContext, { reference, ...change }: UpdateDefinition): Promise<AttributeDefinition> => {
    await requirePolicyRight(deps, ctx, 'attributes.manage');
    return deps.changes.run(async (work) => {
      const before = await requireOwnDefinition(work, reference);
      const fields = Object.keys(change).filter((field) => change[field as keyof typeof change] !== undefined);
      if (change.slug !== undefined && change.slug !== before.slug)
        throw invalid({ slug: 'cannot change: values and policies name it. Define another attribute.' });
      if (change.attributeType !== undefined && change.attributeType !== before.attributeType)
        throw invalid({ attributeType: 'cannot change. Define another attribute.' });
      if (fields.length === 0) return before;
      const dataType = change.dataType ?? before.dataType;
      if (dataType !== before.dataType && (await work.policies.valueCount(before.id)) > 0)
        throw new DomainError('conflict', 'attribute_in_use', 'Values of the old type are stored. Remove them first.');
      const validationRules = settleRules(
        change.validationRules === undefined ? before.validationRules : change.validationRules,
        dataType,
      );
      const defaultValue = settleDefault(
        change.defaultValue === undefined ? before.defaultValue : change.defaultValue,
        { dataType, validationRules },
      );
      const settled: DefinitionChange = {
        ...(change.name !== undefined && { name: change.name }),
        ...(change.description !== undefined && { description: change.description }),
        ...(change.isRequired !== undefined && { isRequired: change.isRequired }),
        ...{ dataType, validationRules, defaultValue },
      };
      const definition = await work.policies.updateDefinition(before.id, settled);
      await policiesMoved(work);
      work.announce({
        name: 'attribute.updated',
        target: targetOf(definition),
        data: { fields, ...factsOf(definition) },
      });
      return definition;
    });
  };
}

/** Removes an attribute and every value of it. */
export function deleteDefinition(deps: Deps) {
  return async (ctx: RequestContext, { reference }: { readonly reference: string }): Promise<void> => {
    await requirePolicyRight(deps, ctx, 'attributes.manage');
    await deps.changes.run(async (work) => {
      const definition = await requireOwnDefinition(work, reference);
      await work.policies.removeDefinition(definition.id);
      await policiesMoved(work);
      work.announce({ name: 'attribute.deleted', target: targetOf(definition), data: factsOf(definition) });
    });
  };
}

async function requireOwnDefinition(work: Work, reference: string): Promise<AttributeDefinition> {
  if (isBuiltInId(reference)) throw immutable('attribute');
  const definition = await work.policies.definition(reference);
  if (!definition) throw notFound('Attribute');
  return definition;
}

function settleRules(rules: ValidationRules | null, dataType: DataType): ValidationRules | null {
  if (!rules) return null;
  const checked = checkRules(rules, dataType);
  if (!checked.ok) throw invalid({ validationRules: `${checked.error}.` });
  return checked.value;
}

function settleDefault(
  value: unknown,
  declared: { readonly dataType: DataType; readonly validationRules: ValidationRules | null },
): AttributeValue | null {
  if (value === null) return null;
  const checked = checkAttributeValue(value, declared);
  if (!checked.ok) throw invalid({ defaultValue: `${checked.error}.` });
  return checked.value;
}

function targetOf({ id, slug }: AttributeDefinition) {
  return { type: 'attribute', id, name: slug };
}

function factsOf({ slug, attributeType, dataType, isRequired }: AttributeDefinition) {
  return { slug, attributeType, dataType, isRequired };
}
