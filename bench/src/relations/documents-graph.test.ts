import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDocumentsGraph, type Tuple } from './documents-graph.js';

const SIZE = 4000;

describe('The graph of documents', () => {
  const graph = createDocumentsGraph(SIZE);
  const tuples = [...graph.tuples()];

  it('has about as many tuples as asked for, each once', () => {
    equal(new Set(tuples.map(({ object, relation, user }) => `${object}#${relation}@${user}`)).size, tuples.length);
    equal(tuples.length, graph.tupleCount);
    // Beside them, documents lie in the folder that is listed.
    ok(Math.abs(graph.tupleCount - SIZE - graph.lister.documents) < SIZE * 0.1, `${graph.tupleCount}`);
  });

  it('is the same each time', () => {
    deepEqual([...createDocumentsGraph(SIZE).tuples()], tuples);
    deepEqual(createDocumentsGraph(SIZE).randomQuestions(50, 3), graph.randomQuestions(50, 3));
  });

  it('knows the answers that follow from its tuples', () => {
    const questions = graph.randomQuestions(3000, 5);
    const wrong = questions.filter(({ user, object, allowed }) => mayView(tuples, user, object) !== allowed);
    deepEqual(wrong, []);
    const allowed = questions.filter((question) => question.allowed).length;
    // A small company shares more; with a million tuples it is one in a hundred.
    ok(allowed > 0 && allowed < questions.length / 2, `${allowed} of ${questions.length} are allowed`);
  });

  it('lets the lister reach what it says, by one folder', () => {
    const documents = new Set(tuples.map(({ object }) => object).filter((object) => object.startsWith('document:')));
    const { user, documents: reachable } = graph.lister;
    equal([...documents].filter((document) => mayView(tuples, user, document)).length, reachable);
  });
});

const byObject = new WeakMap<readonly Tuple[], Map<string, Tuple[]>>();

/** Follows tuples from the document to whoever may see it. */
function mayView(tuples: readonly Tuple[], user: string, object: string): boolean {
  let index = byObject.get(tuples);
  if (!index) {
    index = Map.groupBy(tuples, (tuple) => tuple.object);
    byObject.set(tuples, index);
  }
  const queue = [object];
  const seen = new Set(queue);
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    for (const tuple of index.get(at) ?? []) {
      if (tuple.user === user) return true;
      const next = tuple.user.replace('#member', '');
      if (!tuple.user.startsWith('user:') && !seen.has(next)) {
        seen.add(next);
        queue.push(next);
      }
    }
  }
  return false;
}
