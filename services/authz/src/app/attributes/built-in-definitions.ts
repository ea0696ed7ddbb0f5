import { BUILT_IN_ATTRIBUTES } from '../../core/abac/built-in-attributes.js';
import type { AttributeDefinition } from '../../policy-ports.js';

/** A definition as it is listed: the organization's own, or one that every organization has. */
export interface ListedDefinition extends AttributeDefinition {
  readonly isSystem: boolean;
}

const PREFIX = 'att_system_';
/** They came with the first version of the platform that had attributes. */
const SINCE = new Date('2026-01-01T00:00:00Z');

/** The attributes that every organization has, as definitions that nobody can change. */
export const BUILT_IN_DEFINITIONS: readonly ListedDefinition[] = BUILT_IN_ATTRIBUTES.map(
  ({ type, slug, name, dataType, description }) => ({
    id: `${PREFIX}${type}_${slug}`,
    attributeType: type,
    slug,
    name,
    description,
    dataType,
    validationRules: null,
    defaultValue: null,
    isRequired: false,
    isSystem: true,
    createdAt: SINCE,
    updatedAt: SINCE,
  }),
);

/** By id, or by slug where no attribute of the organization has it. */
export function findBuiltInDefinition(reference: string): ListedDefinition | undefined {
  return (
    BUILT_IN_DEFINITIONS.find(({ id }) => id === reference) ??
    BUILT_IN_DEFINITIONS.find(({ slug }) => slug === reference)
  );
}

export function isBuiltInId(reference: string): boolean {
  return BUILT_IN_DEFINITIONS.some(({ id }) => id === reference);
}
