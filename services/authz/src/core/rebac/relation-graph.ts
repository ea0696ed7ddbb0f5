import { leaves, type ModelIndex } from './model-index.js';

/** Which relations a relation is defined by, over all types. Nodes are relations, numbered in the order of the model. */
export interface RelationGraph {
  readonly nodes: readonly RelationNode[];
  /** By node: what its definition names. */
  readonly edges: readonly (readonly RelationEdge[])[];
}

export interface RelationNode {
  readonly type: string;
  readonly relation: string;
}

export interface RelationEdge {
  readonly to: number;
  /** A computed relation of the same object; a relation of a parent object; a userset that may be written as a subject. */
  readonly via: 'computed' | 'parent' | 'userset';
  readonly subtracted: boolean;
}

export function relationGraph(index: ModelIndex): RelationGraph {
  const nodes: RelationNode[] = [];
  const numbers = new Map<string, number>();
  for (const { type, relation } of index.relations()) {
    numbers.set(`${type}#${relation}`, nodes.length);
    nodes.push({ type, relation });
  }
  const edges: RelationEdge[][] = [];
  for (const { type, relation, definition } of index.relations()) {
    const found: RelationEdge[] = [];
    edges.push(found);
    for (const { userset, subtracted } of leaves(definition)) {
      const add = (of: string, to: string | undefined, via: RelationEdge['via']) => {
        const number = numbers.get(`${of}#${to}`);
        if (to !== undefined && number !== undefined) found.push({ to: number, via, subtracted });
      };
      if (userset.computedUserset) add(type, userset.computedUserset.relation, 'computed');
      if (userset.this) for (const to of index.restrictions(type, relation)) add(to.type, to.relation, 'userset');
      if (userset.tupleToUserset) {
        const { tupleset, computedUserset } = userset.tupleToUserset;
        for (const parent of index.restrictions(type, tupleset.relation)) {
          add(parent.type, computedUserset.relation, 'parent');
        }
      }
    }
  }
  return { nodes, edges };
}

/** The strongly connected component of every node, by number; an edge inside of one is part of a cycle (Tarjan, iterative). */
export function components(edges: readonly (readonly { readonly to: number }[])[]): readonly number[] {
  const component = new Array<number>(edges.length).fill(-1);
  const order = new Array<number>(edges.length).fill(-1);
  const low = new Array<number>(edges.length).fill(0);
  const stack: number[] = [];
  let visited = 0;
  let found = 0;
  const enter = (node: number) => {
    order[node] = low[node] = visited++;
    stack.push(node);
    return { node, next: 0 };
  };
  for (let root = 0; root < edges.length; root++) {
    if (order[root] !== -1) continue;
    const path = [enter(root)];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { node } = top;
      const edge = edges[node]?.[top.next++];
      if (edge === undefined) {
        path.pop();
        const parent = path.at(-1);
        if (parent) low[parent.node] = Math.min(low[parent.node] ?? 0, low[node] ?? 0);
        if (low[node] === order[node]) {
          for (let member = stack.pop(); member !== undefined; member = stack.pop()) {
            component[member] = found;
            if (member === node) break;
          }
          found++;
        }
      } else if (order[edge.to] === -1) path.push(enter(edge.to));
      else if (component[edge.to] === -1) low[node] = Math.min(low[node] ?? 0, order[edge.to] ?? 0);
    }
  }
  return component;
}

/** The nodes of a shortest way from one node to another, both included; of a node to itself: the node. */
export function shortestPath(graph: RelationGraph, from: number, to: number): readonly number[] {
  const before = new Map<number, number>([[from, from]]);
  const queue = [from];
  for (const node of queue) {
    if (node === to) break;
    for (const edge of graph.edges[node] ?? []) {
      if (before.has(edge.to)) continue;
      before.set(edge.to, node);
      queue.push(edge.to);
    }
  }
  const path = [to];
  for (let node = to; node !== from; ) {
    const previous = before.get(node);
    if (previous === undefined) return [];
    path.unshift(previous);
    node = previous;
  }
  return path;
}
