import type { CelNode } from './cel-node.js';

/** What compiling a regular expression takes grows with this: its characters, and what its counted repetitions repeat. */
export function patternWeight(pattern: string): number {
  const counts = [...pattern.matchAll(/\{(\d+)(?:,(\d*))?\}/g)];
  return pattern.length + counts.reduce((sum, [, from, to]) => sum + Math.max(Number(from), Number(to ?? 0)), 0);
}

/** Of all regular expressions that are literals, which are compiled together with the expression. */
export function literalPatternWeight(node: CelNode): number {
  const sum = (nodes: readonly CelNode[]) => nodes.reduce((total, part) => total + literalPatternWeight(part), 0);
  switch (node.kind) {
    case 'literal':
    case 'variable':
      return 0;
    case 'field':
    case 'has':
    case 'notStrictlyFalse':
      return literalPatternWeight(node.operand);
    case 'call': {
      const pattern = node.name === 'matches' ? node.args[1] : undefined;
      const own = pattern?.kind === 'literal' && typeof pattern.value === 'string' ? patternWeight(pattern.value) : 0;
      return own + sum(node.args);
    }
    case 'and':
    case 'or':
      return sum(node.operands);
    case 'conditional':
      return sum([node.condition, node.yes, node.no]);
    case 'list':
      return sum(node.items);
    case 'map':
      return sum(node.entries.flat());
    case 'fold':
      return sum([node.range, node.start, node.goOn, node.step, node.result]);
  }
}
