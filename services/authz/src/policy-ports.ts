import type { AttributeType, DataType, DeclaredAttribute, ValidationRules } from './core/abac/attribute-definition.js';
import type { AttributeBag, AttributeValue } from './core/abac/attribute-value.js';
import type { Effect, Policy } from './core/abac/policy.js';
import type { DecisionSettings } from './core/decision/combination.js';
import type { Page, PageQuery } from './ports.js';

/** A policy as it is stored. */
export interface PolicyRecord extends Policy {
  readonly description: string | null;
  readonly isActive: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type NewPolicy = Omit<PolicyRecord, 'createdAt' | 'updatedAt'>;
export type PolicyChange = Partial<Omit<NewPolicy, 'id'>>;

export interface PolicyQuery extends PageQuery {
  readonly resourceType?: string;
  readonly action?: string;
  readonly effect?: Effect;
  readonly isActive?: boolean;
}

/** Policies of the org in context. */
export interface PolicyRecords {
  listPolicies(query: PolicyQuery): Promise<Page<PolicyRecord>>;
  /** By id or slug; an id wins. */
  policy(reference: string): Promise<PolicyRecord | undefined>;
  /** How many there are, and how many comparisons the active ones make beside the named one. */
  policyTotals(except?: string): Promise<{ readonly count: number; readonly activeLeaves: number }>;
  insertPolicy(policy: NewPolicy): Promise<PolicyRecord>;
  updatePolicy(id: string, change: PolicyChange): Promise<PolicyRecord>;
  removePolicy(id: string): Promise<void>;
}

export interface AttributeDefinition extends DeclaredAttribute {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type NewDefinition = Omit<AttributeDefinition, 'createdAt' | 'updatedAt'>;
export interface DefinitionChange {
  readonly name?: string;
  readonly description?: string | null;
  readonly dataType?: DataType;
  readonly validationRules?: ValidationRules | null;
  readonly defaultValue?: AttributeValue | null;
  readonly isRequired?: boolean;
}

/** Definitions of attributes of the org in context. There are at most a few hundred. */
export interface DefinitionRecords {
  definitions(): Promise<readonly AttributeDefinition[]>;
  /** By id, or by slug, where users go before resources and those before the environment. */
  definition(reference: string, type?: AttributeType): Promise<AttributeDefinition | undefined>;
  insertDefinition(definition: NewDefinition): Promise<AttributeDefinition>;
  updateDefinition(id: string, change: DefinitionChange): Promise<AttributeDefinition>;
  /** Removes its values too. */
  removeDefinition(id: string): Promise<void>;
  /** How many subjects and resources have a value. */
  valueCount(id: string): Promise<number>;
}

/** Who or what has attributes: `{kind: 'user', type: 'agent', id}` or `{kind: 'resource', type: 'document', id}`. */
export interface AttributeOwner {
  readonly kind: 'user' | 'resource';
  readonly type: string;
  readonly id: string;
}

/** Values of attributes of the org in context. */
export interface AttributeValues {
  /** Answers with a number that names the value of a resource; 0 for users. */
  setValue(owner: AttributeOwner, definitionId: string, value: AttributeValue): Promise<number>;
  /** False where there was none. */
  removeValue(owner: AttributeOwner, definitionId: string): Promise<boolean>;
  removeValuesOf(owner: AttributeOwner): Promise<void>;
}

/** How the org in context combines its engines. */
export interface SettingsRecords {
  decisionSettings(): Promise<DecisionSettings>;
  writeDecisionSettings(settings: DecisionSettings): Promise<void>;
  /** Policies, definitions or settings changed: what was compiled from them is made again. */
  movePolicies(): Promise<void>;
}

export interface PolicyStore extends PolicyRecords, DefinitionRecords, AttributeValues, SettingsRecords {}

/** Everything that an org's policies are compiled from, of one moment. */
export interface PolicyRows {
  /** Of the org. */
  readonly revision: number;
  /** Revision of the org at which any of its policy data changed last: values too. */
  readonly at: number;
  readonly version: number;
  readonly settings: DecisionSettings;
  readonly policies: readonly Policy[];
  readonly definitions: readonly AttributeDefinition[];
}

/** What is stored about somebody or something. */
export interface StoredAttributes {
  /** Of the directory, for people: names of built-in attributes. */
  readonly facts: AttributeBag;
  readonly values: AttributeBag;
}

/** Where decisions over attributes get their data: the org in context. Each method is one consistent reading. */
export interface PolicySource {
  loadPolicies(): Promise<PolicyRows>;
  /** Where the policy data is, without reading it. */
  policyMarks(): Promise<{ readonly revision: number; readonly at: number; readonly version: number }>;
  /** In the order of the owners. */
  readAttributes(owners: readonly AttributeOwner[]): Promise<{
    readonly at: number;
    readonly version: number;
    readonly owners: readonly StoredAttributes[];
  }>;
  /** Ids of subjects of a type that these sources know, in byte order, after one of them. */
  knownSubjects(
    type: string,
    query: KnownQuery & {
      readonly sources: {
        readonly people: boolean;
        readonly attributes: boolean;
        readonly roles: boolean;
        readonly tuples: boolean;
        readonly storeId: string;
      };
    },
  ): Promise<readonly string[]>;
  /** Ids of resources of a type that these sources know, in byte order, after one of them. */
  knownResources(
    type: string,
    query: KnownQuery & {
      readonly sources: { readonly attributes: boolean; readonly tuples: boolean; readonly storeId: string };
    },
  ): Promise<readonly string[]>;
}

export interface KnownQuery {
  readonly after?: string;
  readonly limit: number;
}
