import type { ModelPlan } from './model-plan.js';
import { NONE } from './records.js';
import { smallReversePlan } from './reverse-plan.js';
import type { SubjectPlan } from './subject-plan.js';

/**
 * Usersets that can be computed upwards from a subject and kept: groups in groups. Only where nothing but unions of tuples
 * without conditions decides, so that membership is reachability; what climbs through parents is left to the search, since
 * a subject may see any number of objects but is in few groups.
 */
export interface Closure {
  readonly plan: ModelPlan;
  /** Userset relations that are decided by it. */
  readonly relations: ReadonlySet<number>;
  /** Whether such usersets may hold each other. */
  readonly isNested: boolean;
  /** By relation: what a tuple of it means. Undefined where tuples of it lead nowhere. */
  readonly written: readonly (ClosedTuples | undefined)[];
  /** By relation that is written: itself and what is computed from it on the same object. */
  readonly implied: readonly (readonly number[] | undefined)[];
  /** Kinds whose tuples it is made of. */
  readonly kinds: readonly number[];
  /** Number under which what was computed is kept; another one once a tuple has changed. */
  epoch: number;
  /** Changes of those kinds, and of the whole store, when it was last looked at. */
  changes: number;
  storeChanges: number;
}

export interface ClosedTuples {
  readonly own: boolean;
  readonly everybody: boolean;
  readonly usersets: ReadonlySet<number>;
}

/** Of the usersets that may stand on a relation, those that can be kept; undefined where none can. */
export function closureOf(subject: SubjectPlan, usersets: readonly number[]): Closure | undefined {
  if (subject.shape.relation !== NONE || usersets.length > MOST_RELATIONS) return undefined;
  const relations = new Set(usersets.filter((userset) => subject.isClosed(userset)));
  const reverse = relations.size > 0 ? smallReversePlan(subject, relations, MOST_RELATIONS) : undefined;
  if (!reverse) return undefined;
  const { plan } = subject;
  const written: ClosedTuples[] = [];
  const implied: (readonly number[])[] = [];
  for (const [relation, it] of reverse.written) {
    const usersetsThere = new Set(it.usersets.keys());
    written[relation] = { own: it.own !== null, everybody: it.everybody !== null, usersets: usersetsThere };
    const all = new Set([relation]);
    for (const one of all) for (const next of reverse.computed.get(one) ?? []) all.add(next.relation);
    implied[relation] = [...all];
  }
  return {
    plan,
    relations,
    isNested: [...reverse.written.values()].some(({ usersets: of }) => of.size > 0),
    written,
    implied,
    kinds: [...reverse.written.keys()].map((relation) => plan.kindOf[relation] ?? NONE).filter((kind) => kind !== NONE),
    epoch: NONE,
    changes: NONE,
    storeChanges: NONE,
  };
}

/** Whether a userset can be kept: see `Closure`. */
export function isClosed(subject: SubjectPlan, userset: number): boolean {
  const plan = smallReversePlan(subject, new Set([userset]), MOST_RELATIONS);
  return (
    plan !== undefined &&
    plan.children.size === 0 &&
    [...plan.computed.values()].every((conclusions) => conclusions.every(({ isSure }) => isSure)) &&
    [...plan.written.values()].every(
      ({ isSure, own, everybody, usersets }) =>
        isSure && [own, everybody, ...usersets.values()].every((grant) => !grant || grant.conditions === null),
    )
  );
}

/** Where more relations play a part, finding out would cost more than it saves. */
const MOST_RELATIONS = 16;
