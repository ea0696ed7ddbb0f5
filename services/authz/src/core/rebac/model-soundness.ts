import { relationsWithoutEntry } from './entry-points.js';
import type { ModelIndex } from './model-index.js';
import { type ModelProblem, shorten } from './model-problem.js';
import { components, type RelationGraph, type RelationNode, relationGraph, shortestPath } from './relation-graph.js';

/**
 * Whether every relation of a model is one set of subjects, for any tuples and whatever order it is computed in.
 *
 * The rule (docs/decisions/0013): draw an edge from a relation to each relation that its definition names (computed, behind
 * `from` on each parent type, and each userset `type#relation` of its restrictions), and call it negative where it stands
 * anywhere in the subtracted side of a `but not`. A model is refused if a negative edge lies on a cycle. What remains is
 * stratified: relations are computed from the bottom up, each group of relations that depend on each other is a least
 * fixed point over union, intersection and exclusion of what is already known, and that fixed point is the only answer.
 * So recursion through `or`, through `and` and through the kept side of `but not` is accepted, also over cycles in the
 * data; recursion through the subtracted side is not, because "in unless in" has no answer.
 *
 * Refused as well, as OpenFGA does: relations that nobody can ever have, and cycles of computed relations alone.
 */
export function soundnessProblems(index: ModelIndex): readonly ModelProblem[] {
  const graph = relationGraph(index);
  const loops = loopProblems(graph);
  const looping = new Set(loops.map(({ type, relation }) => `${type}#${relation}`));
  const closed = relationsWithoutEntry(index).filter(({ type, relation }) => !looping.has(`${type}#${relation}`));
  const cycles = negativeCycleProblems(graph).filter(({ type, relation }) => !looping.has(`${type}#${relation}`));
  return [...loops, ...closed.map(entryProblem), ...cycles];
}

const name = ({ type, relation }: RelationNode) => `${shorten(type)}#${shorten(relation)}`;

function entryProblem(node: RelationNode): ModelProblem {
  const detail = 'nobody can ever have it: no way of its definition ends at a direct relation';
  return { ...node, code: 'relation-no-entry-point', symbol: node.relation, detail };
}

function loopProblems(graph: RelationGraph): readonly ModelProblem[] {
  const computed = graph.edges.map((edges) => edges.filter(({ via }) => via === 'computed'));
  const component = components(computed);
  return graph.nodes.flatMap((node, number): readonly ModelProblem[] => {
    const next = computed[number]?.find(({ to }) => component[to] === component[number]);
    if (next === undefined) return [];
    const path = shortestPath({ nodes: graph.nodes, edges: computed }, next.to, number).flatMap(
      (step) => graph.nodes[step]?.relation ?? [],
    );
    const way = [node.relation, ...path].map(shorten).join(' → ');
    return [
      { ...node, code: 'relation-no-entry-point', symbol: node.relation, detail: `it is defined by itself: ${way}` },
    ];
  });
}

function negativeCycleProblems(graph: RelationGraph): readonly ModelProblem[] {
  const component = components(graph.edges);
  return graph.nodes.flatMap((node, number) => {
    const targets = new Set(
      (graph.edges[number] ?? [])
        .filter(({ subtracted, to }) => subtracted && component[to] === component[number])
        .map(({ to }) => to),
    );
    return [...targets].map((target): ModelProblem => {
      const path = shortestPath(graph, target, number).flatMap((step) => graph.nodes[step] ?? []);
      const way = path.map(name).join(' → ');
      const detail = `it subtracts what depends on itself (${name(node)} but not ${way}), so that tuples could make it both hold and not hold; take the relation out of the cycle`;
      return { ...node, code: 'undecidable', symbol: graph.nodes[target]?.relation ?? node.relation, detail };
    });
  });
}
