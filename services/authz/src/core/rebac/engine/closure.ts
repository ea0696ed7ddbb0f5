import type { ModelPlan } from './model-plan.js';
import { NONE } from './records.js';
import { reversePlan } from './reverse-plan.js';
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
  /** By relation: itself and what is computed from it on the same object. */
  readonly implied: readonly (readonly number[])[];
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
export function closureOf(subject: SubjectPlan, usersets: Iterable<number>): Closure | undefined {
  if (subject.shape.relation !== NONE) return undefined;
  const relations = new Set([...usersets].filter((userset) => isClosed(subject, userset)));
  if (relations.size === 0) return undefined;
  const { plan } = subject;
  const reverse = reversePlan(subject, relations);
  const written = reverse.written.map(
    (it): ClosedTuples | undefined =>
      it && { own: it.own !== null, everybody: it.everybody !== null, usersets: new Set(it.usersets.keys()) },
  );
  const implied = plan.relations.map(({ id }) => {
    const all = new Set([id]);
    for (const relation of all) for (const next of reverse.computed[relation] ?? []) all.add(next.relation);
    return [...all];
  });
  const writtenRelations = [...written.keys()].filter((relation) => written[relation]);
  const isNested = writtenRelations.some((relation) => (written[relation]?.usersets.size ?? 0) > 0);
  const kinds = kindsOf(plan, writtenRelations);
  return { plan, relations, isNested, written, implied, kinds, epoch: NONE, changes: NONE, storeChanges: NONE };
}

function isClosed(subject: SubjectPlan, userset: number): boolean {
  const { written, computed, children } = reversePlan(subject, new Set([userset]));
  return (
    written.every(
      (it) =>
        !it ||
        (it.isSure &&
          [it.own, it.everybody, ...it.usersets.values()].every((grant) => !grant || grant.conditions === null)),
    ) &&
    computed.every((conclusions) => conclusions.every(({ isSure }) => isSure)) &&
    children.every((conclusions) => conclusions.length === 0)
  );
}

function kindsOf(plan: ModelPlan, relations: readonly number[]): readonly number[] {
  return relations.map((relation) => plan.kindOf[relation] ?? NONE).filter((kind) => kind !== NONE);
}
