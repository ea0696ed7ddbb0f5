import type { Restriction } from '../compiled-model.js';
import { type Closure, closureOf } from './closure.js';
import { type Grant, grantOf } from './grants.js';
import { leadsTo, type ModelPlan, type PlannedRewrite } from './model-plan.js';
import { Reach } from './reach.js';
import { NONE } from './records.js';
import type { Compound, Direct, Hop, Parents, Region } from './regions.js';

/** Who asks, as far as plans differ by it. `relation` is -1 for plain subjects. */
export interface SubjectShape {
  readonly type: number;
  readonly relation: number;
  readonly isEverybody: boolean;
}

/** How to decide each relation of a model for subjects of one shape: ways that cannot lead to them are left out. */
export class SubjectPlan {
  readonly regions: OpenRegion[] = [];
  readonly compounds: Compound[] = [];
  private readonly byRelation: (OpenRegion | undefined)[] = [];
  private readonly closures = new Map<string, Closure | undefined>();
  private readonly byPart = new Map<PlannedRewrite, OpenRegion>();
  /** Parts of definitions that are still to be added to their regions: a queue, since models may be long chains. */
  private readonly pending: { region: OpenRegion; owner: number; rewrite: PlannedRewrite }[] = [];
  private compounded = 0;
  private readonly reach: Reach;
  /** Of everybody of the subject's type, by one tuple. */
  private readonly publicReach: Reach;

  constructor(
    readonly plan: ModelPlan,
    readonly shape: SubjectShape,
  ) {
    this.reach = new Reach(plan, (restriction) => this.isOfShape(restriction), shape.relation);
    this.publicReach = new Reach(plan, ({ type, wildcard }) => wildcard && plan.type(type) === shape.type, NONE);
  }

  /** Undefined where no tuples whatever can relate the subject. */
  regionOf(relation: number): Region | undefined {
    const known = this.byRelation[relation];
    if (known || !this.reach.has(relation)) return known;
    const made = this.regions.length;
    const region = this.open(relation);
    this.finish(made);
    return region;
  }

  /** Region of a part of a relation's definition; for explanations. */
  regionOfPart(owner: number, part: PlannedRewrite): Region {
    let region = this.byPart.get(part);
    if (!region) {
      region = this.openRegion();
      this.byPart.set(part, region);
      this.pending.push({ region, owner, rewrite: part });
      this.finish(region.id);
    }
    return region;
  }

  canReach(relation: number): boolean {
    return this.reach.has(relation);
  }

  /** Which tuples of a relation count: the subject's own, and that of everybody of its type. */
  grants(relation: number): { readonly own: Grant | null; readonly everybody: Grant | null } {
    const { plan, shape } = this;
    const { restrictions } = plan.at(relation);
    const type = plan.types[shape.type];
    const userset = shape.relation === NONE ? undefined : plan.at(shape.relation).name;
    const isOne = shape.relation === NONE && !shape.isEverybody;
    return {
      own: grantOf(restrictions, type, shape.isEverybody, userset),
      everybody: isOne ? grantOf(restrictions, type, true, undefined) : null,
    };
  }

  /** Usersets that may stand on a relation and can hold the subject. */
  usersetGrants(relation: number): ReadonlyMap<number, Grant> {
    const { restrictions } = this.plan.at(relation);
    const grants = new Map<number, Grant>();
    for (const restriction of restrictions) {
      const userset = this.plan.usersetOf(restriction);
      const grant = grantOf(restrictions, restriction.type, false, restriction.relation);
      if (userset !== NONE && grant && this.reach.has(userset)) grants.set(userset, grant);
    }
    return grants;
  }

  /** Of an intersection, the operand to look for candidates in: rather not one that everybody may have. */
  narrowest(owner: number, operands: readonly PlannedRewrite[]): PlannedRewrite {
    const rank = (operand: PlannedRewrite) => cost(operand) + (this.publicReach.includes(owner, operand) ? 100 : 0);
    return operands.reduce((best, operand) => (rank(operand) < rank(best) ? operand : best));
  }

  /** @param made regions that were complete before */
  private finish(made: number): void {
    for (let next = this.pending.pop(); next; next = this.pending.pop())
      this.collect(next.region, next.owner, next.rewrite);
    for (const { parents } of this.regions.slice(made)) for (const { hops } of parents) hops.forEach(dropCovered);
  }

  /** Region of a relation, perhaps not yet complete. */
  private open(relation: number): OpenRegion {
    const known = this.byRelation[relation];
    if (known) return known;
    const region = this.openRegion();
    this.byRelation[relation] = region;
    this.pending.push({ region, owner: relation, rewrite: { kind: 'computed', relation, leadsTo: [relation] } });
    return region;
  }

  private openRegion(): OpenRegion {
    const id = this.regions.length;
    const region: OpenRegion = {
      id,
      covers: new Set(),
      isSelf: false,
      directs: [],
      parents: [],
      compounds: [],
    };
    this.regions.push(region);
    return region;
  }

  private collect(region: OpenRegion, owner: number, rewrite: PlannedRewrite): void {
    if (rewrite.kind !== 'computed' && !this.reach.includes(owner, rewrite)) return;
    switch (rewrite.kind) {
      case 'this':
        region.directs.push(this.direct(owner));
        return;
      case 'computed': {
        const { relation } = rewrite;
        if (region.covers.has(relation) || !this.reach.has(relation)) return;
        region.covers.add(relation);
        if (relation === this.shape.relation) region.isSelf = true;
        this.pending.push({ region, owner: relation, rewrite: this.plan.at(relation).rewrite });
        return;
      }
      case 'parent':
        this.collectParents(region, rewrite);
        return;
      case 'union':
        for (const operand of rewrite.operands) this.collect(region, owner, operand);
        return;
      case 'intersection':
      case 'exclusion':
        region.compounds.push(this.compound(owner, rewrite));
    }
  }

  private direct(relation: number): Direct {
    const grants = this.usersetGrants(relation);
    const closure = this.closure([...grants.keys()]);
    const hops = [...grants].map(([userset, grant]): Hop => {
      const isClosed = closure?.relations.has(userset) ?? false;
      return { relation: userset, grant, region: this.open(userset), isClosed };
    });
    return { relation, ...this.grants(relation), hops, closure, isClosed: hops.every((hop) => hop.isClosed) };
  }

  /** Relations with the same usersets share what is kept of them. */
  private closure(usersets: readonly number[]): Closure | undefined {
    const key = usersets.join();
    if (!this.closures.has(key)) this.closures.set(key, closureOf(this, usersets));
    return this.closures.get(key);
  }

  /** Several relations of the same parents are asked in one pass. */
  private collectParents(region: OpenRegion, rewrite: PlannedRewrite & { readonly kind: 'parent' }): void {
    const { plan } = this;
    const { tupleset } = rewrite;
    let parents = region.parents.find(({ relation }) => relation === tupleset);
    if (!parents) {
      parents = { relation: tupleset, hops: new Array(plan.types.length).fill(undefined) };
      region.parents.push(parents);
    }
    for (const [type, target] of rewrite.parents) {
      const grant = grantOf(plan.at(tupleset).restrictions, plan.types[type], false, undefined);
      if (!grant || !this.reach.has(target)) continue;
      const targetRegion = this.open(target);
      const hop = parents.hops[type];
      if (!hop) parents.hops[type] = { grant, regions: [targetRegion] };
      else if (!hop.regions.includes(targetRegion)) hop.regions.push(targetRegion);
    }
  }

  private compound(owner: number, rewrite: PlannedRewrite & { readonly kind: 'intersection' | 'exclusion' }): Compound {
    const { plan } = this;
    const component = plan.component[owner];
    const leadsBack = (part: PlannedRewrite) => leadsTo(part).some((to) => plan.component[to] === component);
    const region = (part: PlannedRewrite) => {
      const open = this.openRegion();
      this.pending.push({ region: open, owner, rewrite: part });
      return open;
    };
    const operands = rewrite.kind === 'intersection' ? [...rewrite.operands] : [rewrite.base];
    const subtract = rewrite.kind === 'exclusion' ? rewrite.subtract : undefined;
    // `validateModel` refuses it: no set of subjects is defined by that.
    if (subtract && leadsBack(subtract))
      throw new Error(`${plan.at(owner).name} subtracts what depends on itself: the model was not validated`);
    const compound: Compound = {
      id: this.compounded++,
      operands: operands.sort((a, b) => cost(a) - cost(b)).map(region),
      subtract: subtract && this.reach.includes(owner, subtract) ? region(subtract) : null,
      cycle: operands.some(leadsBack) ? (component ?? NONE) : NONE,
    };
    this.compounds[compound.id] = compound;
    return compound;
  }

  private isOfShape(restriction: Restriction): boolean {
    const { type, relation, isEverybody } = this.shape;
    if (this.plan.type(restriction.type) !== type) return false;
    if (relation !== NONE) return this.plan.usersetOf(restriction) === relation;
    return restriction.relation === undefined && (restriction.wildcard || !isEverybody);
  }
}

/** A relation that another one of the same hop answers as well need not be asked. */
function dropCovered(hop: OpenParents['hops'][number]): void {
  if (!hop || hop.regions.length < 2) return;
  const roots = hop.regions.map(({ covers }) => [...covers][0] ?? NONE);
  const kept = hop.regions.filter((_, at) =>
    hop.regions.every((other, index) => index === at || !other.covers.has(roots[at] ?? NONE)),
  );
  hop.regions.splice(0, hop.regions.length, ...kept);
}

/** Operands that are likely cheap are asked first. */
function cost(rewrite: PlannedRewrite): number {
  switch (rewrite.kind) {
    case 'this':
      return 0;
    case 'computed':
      return 1;
    case 'parent':
      return 3;
    case 'union':
      return Math.max(...rewrite.operands.map(cost));
    case 'intersection':
      return Math.min(...rewrite.operands.map(cost));
    case 'exclusion':
      return 1 + cost(rewrite.base) + cost(rewrite.subtract);
  }
}

interface OpenRegion extends Region {
  readonly covers: Set<number>;
  isSelf: boolean;
  readonly directs: Direct[];
  readonly parents: OpenParents[];
  readonly compounds: Compound[];
}

interface OpenParents extends Parents {
  readonly hops: ({ readonly grant: Grant; readonly regions: Region[] } | undefined)[];
}
