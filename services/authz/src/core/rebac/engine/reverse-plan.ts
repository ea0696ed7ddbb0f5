import type { Grant } from './grants.js';
import { NONE } from './records.js';
import { grantingSteps } from './steps.js';
import type { SubjectPlan } from './subject-plan.js';

/** What follows upwards from tuples and from known memberships, towards some relations. By number of the relation. */
export interface ReversePlan {
  /** A tuple of a relation. Absent where tuples of it lead nowhere. */
  readonly written: ReadonlyMap<number, Written>;
  /** Whoever has a relation of an object has these of the same object. */
  readonly computed: ReadonlyMap<number, readonly Conclusion[]>;
  /** Whoever has a relation of a parent has these of the child, by tuples of `tupleset`. */
  readonly children: ReadonlyMap<number, readonly ChildConclusion[]>;
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
  const plan = smallReversePlan(subject, targets, Number.POSITIVE_INFINITY);
  if (!plan) throw new Error('a model has more relations than there are numbers');
  return plan;
}

/** Undefined where more than `most` relations lead to the targets. */
export function smallReversePlan(
  subject: SubjectPlan,
  targets: ReadonlySet<number>,
  most: number,
): ReversePlan | undefined {
  const { plan } = subject;
  const written = new Map<number, Written>();
  const computed = new Map<number, Conclusion[]>();
  const children = new Map<number, ChildConclusion[]>();
  const seen = new Set(targets);
  for (const relation of seen) {
    if (seen.size > most) return undefined;
    for (const { leaf, isSure } of grantingSteps(plan.at(relation).rewrite, (all) =>
      subject.narrowest(relation, all),
    )) {
      switch (leaf.kind) {
        case 'this': {
          const usersets = subject.usersetGrants(relation);
          for (const userset of usersets.keys()) seen.add(userset);
          const sure = isSure || (written.get(relation)?.isSure ?? false);
          written.set(relation, { ...subject.grants(relation), isSure: sure, usersets });
          break;
        }
        case 'computed':
          if (!subject.canReach(leaf.relation)) break;
          push(computed, leaf.relation, { relation, isSure });
          seen.add(leaf.relation);
          break;
        case 'parent':
          for (const [type, parent] of leaf.parents) {
            const grant = plan.grants(leaf.tupleset).of(type, false, NONE);
            if (!grant || !subject.canReach(parent)) continue;
            push(children, parent, { relation, isSure, tupleset: leaf.tupleset, grant });
            seen.add(parent);
          }
      }
    }
  }
  return { written, computed, children };
}

function push<T>(lists: Map<number, T[]>, key: number, value: T): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
