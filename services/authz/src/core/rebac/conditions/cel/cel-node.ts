import type { CelType } from './cel-type.js';
import type { CelValue } from './cel-value.js';
import type { Overload } from './overload.js';

/** A checked expression: names are places in a frame, calls are overloads that can apply, macros are loops. */
export type CelNode = { readonly type: CelType } & (
  | { readonly kind: 'literal'; readonly value: CelValue }
  | { readonly kind: 'variable'; readonly name: string; readonly slot: number }
  | { readonly kind: 'field'; readonly operand: CelNode; readonly name: string }
  | { readonly kind: 'has'; readonly operand: CelNode; readonly name: string }
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly overloads: readonly Overload[];
      readonly args: readonly CelNode[];
    }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly CelNode[] }
  | { readonly kind: 'conditional'; readonly condition: CelNode; readonly yes: CelNode; readonly no: CelNode }
  | { readonly kind: 'notStrictlyFalse'; readonly operand: CelNode }
  | { readonly kind: 'list'; readonly items: readonly CelNode[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [CelNode, CelNode])[] }
  | {
      readonly kind: 'fold';
      readonly range: CelNode;
      readonly itemSlot: number;
      readonly start: CelNode;
      readonly accumulatorSlot: number;
      readonly goOn: CelNode;
      readonly step: CelNode;
      readonly result: CelNode;
    }
);

export interface CheckedExpression {
  readonly node: CelNode;
  /** How many values a frame holds: variables first, then those of macros. */
  readonly slots: number;
}
