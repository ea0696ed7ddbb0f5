import type { Userset } from './authorization-model.js';
import type { ModelIndex } from './model-index.js';
import type { RelationNode } from './relation-graph.js';

/**
 * Relations that no tuples can give anybody: what the least fixed point of "has an entry" leaves out. A direct relation
 * has one by a plain type or a wildcard, or by a userset that has one; a union by any operand, intersection and exclusion
 * by all, as in OpenFGA. Time is linear in the size of the model: each gate counts what it still waits for.
 */
export function relationsWithoutEntry(index: ModelIndex): readonly RelationNode[] {
  const gates = new Gates();
  const relations = [...index.relations()];
  const gateOf = new Map<string, number>();
  for (const { type, relation } of relations) gateOf.set(`${type}#${relation}`, gates.add(1));

  const build = (type: string, relation: string, userset: Userset): number | undefined => {
    const { union, intersection, difference, computedUserset, tupleToUserset } = userset;
    if (computedUserset) return gateOf.get(`${type}#${computedUserset.relation}`);
    if (union || intersection || difference) {
      const children =
        union?.child ?? intersection?.child ?? (difference ? [difference.base, difference.subtract] : []);
      const gate = gates.add(union ? 1 : children.length);
      for (const child of children) gates.connect(build(type, relation, child), gate);
      return gate;
    }
    const gate = gates.add(1);
    if (tupleToUserset) {
      for (const parent of index.restrictions(type, tupleToUserset.tupleset.relation)) {
        gates.connect(gateOf.get(`${parent.type}#${tupleToUserset.computedUserset.relation}`), gate);
      }
      return gate;
    }
    for (const restriction of index.restrictions(type, relation)) {
      if (restriction.relation === undefined || restriction.wildcard !== undefined) gates.open(gate);
      else gates.connect(gateOf.get(`${restriction.type}#${restriction.relation}`), gate);
    }
    return gate;
  };

  for (const { type, relation, definition } of relations) {
    const gate = gateOf.get(`${type}#${relation}`);
    if (gate !== undefined) gates.connect(build(type, relation, definition), gate);
  }
  const open = gates.flow();
  return relations
    .filter(({ type, relation }) => !open(gateOf.get(`${type}#${relation}`)))
    .map(({ type, relation }) => ({ type, relation }));
}

/** Opens what can be opened: each gate opens once as many of its inputs as it waits for are open. */
class Gates {
  private readonly waitsFor: number[] = [];
  private readonly outputs: number[][] = [];
  private readonly opened: number[] = [];

  add(inputs: number): number {
    this.outputs.push([]);
    return this.waitsFor.push(inputs) - 1;
  }

  connect(from: number | undefined, to: number): void {
    if (from !== undefined) this.outputs[from]?.push(to);
  }

  open(gate: number): void {
    if ((this.waitsFor[gate] ?? 0) <= 0) return;
    this.waitsFor[gate] = 0;
    this.opened.push(gate);
  }

  flow(): (gate: number | undefined) => boolean {
    for (const gate of this.opened) {
      for (const next of this.outputs[gate] ?? []) {
        const left = (this.waitsFor[next] ?? 0) - 1;
        if (left === 0) this.open(next);
        else if (left > 0) this.waitsFor[next] = left;
      }
    }
    return (gate) => gate !== undefined && (this.waitsFor[gate] ?? 0) === 0;
  }
}
