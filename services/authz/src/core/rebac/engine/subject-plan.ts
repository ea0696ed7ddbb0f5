import type { Restriction } from '../compiled-model.js';
import { type Closure, closureOf, isClosed } from './closure.js';
import type { Grant } from './grants.js';
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
  private readonly closed: (boolean | undefined)[] = [];
  private readonly closures = new Map<string, Closure | undefined>();
  private readonly byPart = new Map<PlannedRewrite, OpenRegion>();
  private readonly directs: (Direct | undefined)[] = [];
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
    return this.reach.has(relation) ? this.open(relation) : undefined;
  }

  /** Region of a part of a relation's definition; for explanations. */
  regionOfPart(owner: number, part: PlannedRewrite): Region {
    const known = this.byPart.get(part);
    if (known) return known;
    const region = this.openRegion(owner, part);
    this.byPart.set(part, region);
    return region;
  }

  complete({ id }: Region): void {
    const region = this.regions[id] as OpenRegion;
    region.isComplete = true;
    const covered = new Set<number>();
    // A queue, since models may be long chains.
    const parts: Part[] = [region.whole];
    for (const part of parts) this.collect(region, part, parts, covered);
    for (const { hops } of region.parents) for (const hop of hops) if (hop) this.dropCovered(hop);
  }

  canReach(relation: number): boolean {
    return this.reach.has(relation);
  }

  /** Which tuples of a relation count: the subject's own, and that of everybody of its type. */
  grants(relation: number): { readonly own: Grant | null; readonly everybody: Grant | null } {
    const { type, relation: userset, isEverybody } = this.shape;
    const grants = this.plan.grants(relation);
    const isOne = userset === NONE && !isEverybody;
    return { own: grants.of(type, isEverybody, userset), everybody: isOne ? grants.of(type, true, NONE) : null };
  }

  /** Usersets that may stand on a relation and can hold the subject. */
  usersetGrants(relation: number): ReadonlyMap<number, Grant> {
    const { plan } = this;
    const found = new Map<number, Grant>();
    for (const restriction of plan.at(relation).restrictions) {
      const userset = plan.usersetOf(restriction);
      if (userset === NONE || !this.reach.has(userset)) continue;
      const grant = plan.grants(relation).of(plan.at(userset).type, false, userset);
      if (grant) found.set(userset, grant);
    }
    return found;
  }

  /** Whether what the subject is in can be kept, for usersets of this relation. */
  isClosed(userset: number): boolean {
    const known = this.closed[userset] ?? isClosed(this, userset);
    this.closed[userset] = known;
    return known;
  }

  /** Of an intersection, the operand to look for candidates in: rather not one that everybody may have. */
  narrowest(owner: number, operands: readonly PlannedRewrite[]): PlannedRewrite {
    const rank = (operand: PlannedRewrite) => cost(operand) + (this.publicReach.includes(owner, operand) ? 100 : 0);
    return operands.reduce((best, operand) => (rank(operand) < rank(best) ? operand : best));
  }

  private open(relation: number): OpenRegion {
    let region = this.byRelation[relation];
    if (!region) {
      region = this.openRegion(relation, { kind: 'computed', relation, leadsTo: [relation] });
      this.byRelation[relation] = region;
    }
    return region;
  }

  private openRegion(owner: number, rewrite: PlannedRewrite): OpenRegion {
    const region: OpenRegion = {
      id: this.regions.length,
      whole: { owner, rewrite },
      isComplete: false,
      isSelf: false,
      directs: [],
      parents: [],
      compounds: [],
    };
    this.regions.push(region);
    return region;
  }

  private collect(region: OpenRegion, { owner, rewrite }: Part, parts: Part[], covered: Set<number>): void {
    if (!this.reach.includes(owner, rewrite)) return;
    switch (rewrite.kind) {
      case 'this':
        region.directs.push(this.direct(owner));
        return;
      case 'computed': {
        const { relation } = rewrite;
        if (covered.has(relation)) return;
        covered.add(relation);
        if (relation === this.shape.relation) region.isSelf = true;
        parts.push({ owner: relation, rewrite: this.plan.at(relation).rewrite });
        return;
      }
      case 'parent':
        this.collectParents(region, rewrite);
        return;
      case 'union':
        for (const operand of rewrite.operands) parts.push({ owner, rewrite: operand });
        return;
      case 'intersection':
      case 'exclusion':
        region.compounds.push(this.compound(owner, rewrite));
    }
  }

  private direct(relation: number): Direct {
    const known = this.directs[relation];
    if (known) return known;
    const grants = this.usersetGrants(relation);
    const closure = this.closure([...grants.keys()]);
    const hops = [...grants].map(([userset, grant]): Hop => {
      const isClosed = closure?.relations.has(userset) ?? false;
      return { relation: userset, grant, region: this.open(userset), isClosed };
    });
    const isClosed = hops.every((hop) => hop.isClosed);
    const direct = { relation, ...this.grants(relation), hops, closure, isClosed };
    this.directs[relation] = direct;
    return direct;
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
      const grant = plan.grants(tupleset).of(type, false, NONE);
      if (!grant || !this.reach.has(target)) continue;
      const targetRegion = this.open(target);
      const hop = parents.hops[type];
      if (!hop) parents.hops[type] = { grant, regions: [targetRegion] };
      else if (!hop.regions.includes(targetRegion)) hop.regions.push(targetRegion);
    }
  }

  /** A relation that is computed into another one of the same hop need not be asked as well. */
  private dropCovered({ regions }: OpenHop): void {
    if (regions.length < 2) return;
    const asked = new Set(regions.map(({ whole }) => whole.owner));
    const seen = new Set<number>();
    for (const root of [...asked]) {
      if (seen.has(root)) continue;
      const queue = [root];
      for (let relation = queue.pop(); relation !== undefined; relation = queue.pop()) {
        for (const next of this.plan.computedInto(relation)) {
          asked.delete(next);
          if (!seen.has(next)) queue.push(next);
          seen.add(next);
        }
      }
    }
    regions.splice(0, regions.length, ...regions.filter(({ whole }) => asked.has(whole.owner)));
  }

  private compound(owner: number, rewrite: PlannedRewrite & { readonly kind: 'intersection' | 'exclusion' }): Compound {
    const { plan } = this;
    const component = plan.component[owner];
    const leadsBack = (part: PlannedRewrite) => leadsTo(part).some((to) => plan.component[to] === component);
    const region = (part: PlannedRewrite) => this.openRegion(owner, part);
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

interface Part {
  readonly owner: number;
  readonly rewrite: PlannedRewrite;
}

interface OpenRegion extends Region {
  readonly whole: Part;
  isComplete: boolean;
  isSelf: boolean;
  readonly directs: Direct[];
  readonly parents: OpenParents[];
  readonly compounds: Compound[];
}

interface OpenParents extends Parents {
  readonly hops: (OpenHop | undefined)[];
}

interface OpenHop {
  readonly grant: Grant;
  readonly regions: OpenRegion[];
}
