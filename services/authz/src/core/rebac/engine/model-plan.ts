import type { CompiledModel, Restriction, Rewrite } from '../compiled-model.js';
import { components } from '../relation-graph.js';
import type { Caveat } from './caveats.js';
import { Grants } from './grants.js';
import type { Kinds } from './kinds.js';
import { NONE } from './records.js';
import { allSteps } from './steps.js';

/** A relation of the model by number. Numbers of types and relations are the model's own; the store's kinds are mapped to them. */
export interface PlannedRelation {
  readonly id: number;
  readonly type: number;
  readonly name: string;
  readonly rewrite: PlannedRewrite;
  readonly restrictions: readonly Restriction[];
}

/** A definition in numbers. `leadsTo`: the relations that a leaf asks next. */
export type PlannedRewrite =
  | { readonly kind: 'this'; readonly leadsTo: readonly number[] }
  | { readonly kind: 'computed'; readonly relation: number; readonly leadsTo: readonly number[] }
  | {
      readonly kind: 'parent';
      readonly tupleset: number;
      /** Of each type that may be a parent, the relation to ask. */
      readonly parents: readonly (readonly [type: number, relation: number])[];
      readonly leadsTo: readonly number[];
    }
  | { readonly kind: 'union'; readonly operands: readonly PlannedRewrite[] }
  | { readonly kind: 'intersection'; readonly operands: readonly PlannedRewrite[] }
  | { readonly kind: 'exclusion'; readonly base: PlannedRewrite; readonly subtract: PlannedRewrite };

/** A model bound to the numbers of a store. Holds as long as the store learns of no new kind. */
export class ModelPlan {
  readonly types: readonly string[];
  private readonly typeIds = new Map<string, number>();
  readonly relations: readonly PlannedRelation[];
  private readonly relationIds: readonly ReadonlyMap<string, number>[];
  /** Type of the model for each type of the store, relation for each kind, and kind for each relation; -1 where there is none. */
  readonly typeOfStored: Int32Array;
  readonly relationOfKind: Int32Array;
  readonly kindOf: Int32Array;
  /** Relations that lead to each other have the same number. */
  readonly component: readonly number[];
  /** By relation: those that ask it next. */
  readonly askedBy: readonly (readonly number[])[];
  private readonly grantsOf: (Grants | undefined)[] = [];
  /** Whether the context stored with a condition is what this model's condition takes. */
  readonly fitting = new WeakMap<Caveat, boolean>();

  constructor(
    readonly model: CompiledModel,
    kinds: Kinds,
    readonly version: number,
  ) {
    this.types = [...model.types.keys()];
    for (const [id, name] of this.types.entries()) this.typeIds.set(name, id);
    const compiled = [...model.types.values()].flatMap(({ relations }, type) =>
      [...relations.values()].map((relation) => ({ ...relation, type })),
    );
    const ids = this.types.map(() => new Map<string, number>());
    for (const [id, { type, name }] of compiled.entries()) ids[type]?.set(name, id);
    this.relationIds = ids;
    this.relations = compiled.map(({ type, name, rewrite, restrictions }, id) => ({
      id,
      type,
      name,
      restrictions,
      rewrite: this.planned(type, restrictions, rewrite),
    }));
    this.typeOfStored = Int32Array.from(kinds.types, (name) => this.type(name));
    this.relationOfKind = Int32Array.from(kinds.relationOf, (name, kind) =>
      this.relation(this.typeOfStored[kinds.typeOf[kind] ?? 0] ?? NONE, name),
    );
    this.kindOf = new Int32Array(this.relations.length).fill(NONE);
    for (const [kind, relation] of this.relationOfKind.entries()) if (relation !== NONE) this.kindOf[relation] = kind;
    const edges = this.relations.map(({ rewrite }) => [...new Set(leadsTo(rewrite))]);
    this.component = components(edges.map((targets) => targets.map((to) => ({ to }))));
    const askedBy: number[][] = edges.map(() => []);
    for (const [relation, targets] of edges.entries()) for (const target of targets) askedBy[target]?.push(relation);
    this.askedBy = askedBy;
  }

  /** -1 where the model has no such type. */
  type(name: string): number {
    return this.typeIds.get(name) ?? NONE;
  }

  /** -1 where the type has no such relation, or there is no such type. */
  relation(type: number, name: string): number {
    return this.relationIds[type]?.get(name) ?? NONE;
  }

  /** What the restrictions of a relation allow. */
  grants(relation: number): Grants {
    const known = this.grantsOf[relation];
    if (known) return known;
    const shapes = this.at(relation).restrictions.map((it) => ({
      type: this.type(it.type),
      wildcard: it.wildcard,
      relation: this.usersetOf(it),
      ...(it.condition !== undefined && { condition: it.condition }),
    }));
    const grants = new Grants(shapes, this.relations.length + 1);
    this.grantsOf[relation] = grants;
    return grants;
  }

  /** Relations whose holders all have this one, since it is a union with them computed in. */
  computedInto(relation: number): readonly number[] {
    return allSteps(this.at(relation).rewrite).flatMap(({ leaf, isSure }) =>
      leaf.kind === 'computed' && isSure ? [leaf.relation] : [],
    );
  }

  at(relation: number): PlannedRelation {
    return this.relations[relation] as PlannedRelation;
  }

  /** Relation of a userset that may stand on a relation; -1 for other restrictions. */
  usersetOf({ type, relation }: Restriction): number {
    return relation === undefined ? NONE : this.relation(this.type(type), relation);
  }

  private planned(type: number, restrictions: readonly Restriction[], rewrite: Rewrite): PlannedRewrite {
    const inner = (part: Rewrite) => this.planned(type, restrictions, part);
    switch (rewrite.kind) {
      case 'this':
        return { kind: 'this', leadsTo: restrictions.map((it) => this.usersetOf(it)).filter((it) => it !== NONE) };
      case 'computed': {
        const relation = this.relation(type, rewrite.relation);
        return { kind: 'computed', relation, leadsTo: [relation] };
      }
      case 'parent': {
        const parents = this.parents(type, rewrite.tupleset, rewrite.relation);
        const tupleset = this.relation(type, rewrite.tupleset);
        return { kind: 'parent', tupleset, parents, leadsTo: parents.map(([, relation]) => relation) };
      }
      case 'union':
      case 'intersection':
        return { kind: rewrite.kind, operands: rewrite.operands.map(inner) };
      case 'exclusion':
        return { kind: 'exclusion', base: inner(rewrite.base), subtract: inner(rewrite.subtract) };
    }
  }

  /** Of the types that may be parents, those that have the relation. */
  private parents(type: number, tupleset: string, relation: string): readonly (readonly [number, number])[] {
    const restrictions = this.model.types.get(this.types[type] ?? '')?.relations.get(tupleset)?.restrictions ?? [];
    const plain = restrictions.filter((it) => it.relation === undefined && !it.wildcard);
    return [...new Set(plain.map((it) => this.type(it.type)))]
      .map((parent) => [parent, this.relation(parent, relation)] as const)
      .filter(([, target]) => target !== NONE);
  }
}

/** All relations that a definition asks next. */
export function leadsTo(rewrite: PlannedRewrite): readonly number[] {
  switch (rewrite.kind) {
    case 'this':
    case 'computed':
    case 'parent':
      return rewrite.leadsTo;
    case 'union':
    case 'intersection':
      return rewrite.operands.flatMap(leadsTo);
    case 'exclusion':
      return [...leadsTo(rewrite.base), ...leadsTo(rewrite.subtract)];
  }
}
