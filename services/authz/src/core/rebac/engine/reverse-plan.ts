import { type Grant, grantOf } from './grants.js';
import { grantingSteps } from './steps.js';
import type { SubjectPlan } from './subject-plan.js';

/** What follows upwards from tuples and from known memberships, towards some relations. By number of the relation. */
export interface ReversePlan {
  /** A tuple of a relation. Undefined where tuples of it lead nowhere. */
  readonly written: readonly (Written | undefined)[];
  /** Whoever has a relation of an object has these of the same object. */
  readonly computed: readonly (readonly Conclusion[])[];
  /** Whoever has a relation of a parent has these of the child, by tuples of `tupleset`. */
  readonly children: readonly (readonly ChildConclusion[])[];
}

export interface Written {
  /** The tuple alone grants the relation. */
  readonly isSure: boolean;
  readonly own: Grant | null;
  readonly everybody: Grant | null;
  /** By relation of the userset. */
  readonly usersets: ReadonlyMap<number, Grant>;
}

export interface Conclusion {
  readonly relation: number;
  readonly isSure: boolean;
}

export interface ChildConclusion extends Conclusion {
  readonly tupleset: number;
  readonly grant: Grant;
}

/** Only through relations that the subject can have and that lead to the targets. */
export function reversePlan(subject: SubjectPlan, targets: ReadonlySet<number>): ReversePlan {
  const { plan } = subject;
  const written: (Written | undefined)[] = [];
  const computed: Conclusion[][] = plan.relations.map(() => []);
  const children: ChildConclusion[][] = plan.relations.map(() => []);
  const seen = new Set(targets);
  for (const relation of seen) {
    for (const { leaf, isSure } of grantingSteps(plan.at(relation).rewrite, (all) =>
      subject.narrowest(relation, all),
    )) {
      switch (leaf.kind) {
        case 'this': {
          const usersets = subject.usersetGrants(relation);
          for (const userset of usersets.keys()) seen.add(userset);
          const sure = isSure || (written[relation]?.isSure ?? false);
          written[relation] = { ...subject.grants(relation), isSure: sure, usersets };
          break;
        }
        case 'computed':
          if (!subject.canReach(leaf.relation)) break;
          computed[leaf.relation]?.push({ relation, isSure });
          seen.add(leaf.relation);
          break;
        case 'parent':
          for (const [type, parent] of leaf.parents) {
            const grant = grantOf(plan.at(leaf.tupleset).restrictions, plan.types[type], false, undefined);
            if (!grant || !subject.canReach(parent)) continue;
            children[parent]?.push({ relation, isSure, tupleset: leaf.tupleset, grant });
            seen.add(parent);
          }
      }
    }
  }
  return { written, computed, children };
}
