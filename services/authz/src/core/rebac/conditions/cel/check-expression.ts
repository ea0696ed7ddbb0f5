import type { parse } from '@bufbuild/cel';
import { err, ok, type Result } from '@lumo/kit';
import type { CelNode, CheckedExpression } from './cel-node.js';
import * as types from './cel-type.js';
import { type CelType, typeText } from './cel-type.js';
import { type CelValue, TypeValue, Uint } from './cel-value.js';
import { FUNCTIONS } from './functions.js';
import type { Overload } from './overload.js';
import { TypeBindings } from './type-bindings.js';

export type Parsed = ReturnType<typeof parse>;
type Expr = Parsed['expr'];
type Kind<Case extends Expr['exprKind']['case']> = Extract<Expr['exprKind'], { readonly case: Case }>['value'];

export interface ExpressionProblem {
  readonly detail: string;
  /** Where in the expression: characters from its beginning. */
  readonly offset?: number;
}

/**
 * The type of an expression and of each of its parts, over variables of given types (cel-spec, "Gradual Type Checking").
 * What cannot be right whatever the values is refused here; what is of type `dyn` is judged when it has a value.
 */
export function checkExpression(
  parsed: Parsed,
  variables: ReadonlyMap<string, CelType>,
): Result<CheckedExpression, ExpressionProblem> {
  const checker = new Checker(variables);
  try {
    const node = checker.check(parsed.expr);
    return ok({ node: checker.finish(node), slots: checker.slots });
  } catch (problem) {
    if (!(problem instanceof CheckFault)) throw problem;
    const offset = problem.id === undefined ? undefined : parsed.sourceInfo?.positions[String(problem.id)];
    return err({ detail: problem.detail, ...(offset !== undefined && { offset }) });
  }
}

/** Leaves the recursion; does not leave this file. */
class CheckFault {
  constructor(
    readonly detail: string,
    readonly id?: bigint,
  ) {}
}

/** Of operations inside each other, which is what the stack is used for here and when the expression runs. */
const DEPTH = 200;

interface Scope {
  readonly names: ReadonlyMap<string, { readonly slot: number; readonly type: CelType }>;
  readonly outer?: Scope;
}

const TYPE_NAMES: ReadonlyMap<string, CelType> = new Map<string, CelType>([
  ['bool', types.BOOL],
  ['int', types.INT],
  ['uint', types.UINT],
  ['double', types.DOUBLE],
  ['string', types.STRING],
  ['bytes', types.BYTES],
  ['null_type', types.NULL],
  ['list', types.listOf(types.DYN)],
  ['map', types.mapOf(types.DYN, types.DYN)],
  ['type', { kind: 'type', of: types.DYN }],
  ['google.protobuf.Timestamp', types.TIMESTAMP],
  ['google.protobuf.Duration', types.DURATION],
]);

class Checker {
  private readonly bindings = new TypeBindings();
  private scope: Scope;
  private depth = 0;
  slots: number;

  constructor(variables: ReadonlyMap<string, CelType>) {
    this.scope = { names: new Map([...variables].map(([name, type], slot) => [name, { slot, type }])) };
    this.slots = variables.size;
  }

  check(expr: Expr): CelNode {
    if (++this.depth > DEPTH) throw new CheckFault(`more than ${DEPTH} operations stand inside each other`, expr.id);
    const node = this.checkKind(expr);
    this.depth--;
    return node;
  }

  private checkKind(expr: Expr): CelNode {
    const { exprKind, id } = expr;
    switch (exprKind.case) {
      case 'constExpr':
        return this.literal(exprKind.value, id);
      case 'identExpr':
        return this.name(exprKind.value.name, id);
      case 'selectExpr':
        return this.select(exprKind.value, expr);
      case 'callExpr':
        return this.call(exprKind.value, id);
      case 'listExpr':
        return this.list(exprKind.value, id);
      case 'structExpr':
        return this.map(exprKind.value, id);
      case 'comprehensionExpr':
        return this.fold(exprKind.value, id);
      default:
        throw new CheckFault('the expression is incomplete', id);
    }
  }

  /** The tree with every type parameter replaced by what it became. */
  finish(node: CelNode): CelNode {
    const type = this.bindings.resolve(node.type, true);
    const go = (part: CelNode) => this.finish(part);
    switch (node.kind) {
      case 'literal':
      case 'variable':
        return { ...node, type };
      case 'field':
      case 'has':
      case 'notStrictlyFalse':
        return { ...node, type, operand: go(node.operand) };
      case 'call':
        return { ...node, type, args: node.args.map(go) };
      case 'and':
      case 'or':
        return { ...node, type, operands: node.operands.map(go) };
      case 'conditional':
        return { ...node, type, condition: go(node.condition), yes: go(node.yes), no: go(node.no) };
      case 'list':
        return { ...node, type, items: node.items.map(go) };
      case 'map':
        return { ...node, type, entries: node.entries.map(([key, value]) => [go(key), go(value)] as const) };
      case 'fold': {
        const { range, start, goOn, step, result } = node;
        return {
          ...node,
          type,
          range: go(range),
          start: go(start),
          goOn: go(goOn),
          step: go(step),
          result: go(result),
        };
      }
    }
  }

  private literal({ constantKind }: Kind<'constExpr'>, id: bigint): CelNode {
    const value = (of: CelValue, type: CelType): CelNode => ({ kind: 'literal', value: of, type });
    switch (constantKind.case) {
      case 'boolValue':
        return value(constantKind.value, types.BOOL);
      case 'int64Value':
        return value(constantKind.value, types.INT);
      case 'uint64Value':
        return value(new Uint(constantKind.value), types.UINT);
      case 'doubleValue':
        return value(constantKind.value, types.DOUBLE);
      case 'stringValue':
        return value(constantKind.value, types.STRING);
      case 'bytesValue':
        return value(constantKind.value, types.BYTES);
      case 'nullValue':
        return value(null, types.NULL);
      default:
        throw new CheckFault('the literal is of no type that conditions have', id);
    }
  }

  private name(name: string, id: bigint): CelNode {
    const variable = this.find(name);
    if (variable !== undefined) return { kind: 'variable', name, ...variable };
    const typeNode = this.typeNamed(name);
    if (typeNode !== undefined) return typeNode;
    throw new CheckFault(`'${name}' is no parameter of the condition`, id);
  }

  private typeNamed(name: string): CelNode | undefined {
    const of = TYPE_NAMES.get(name.replace(/^\./, ''));
    return of && { kind: 'literal', value: new TypeValue(name.replace(/^\./, '')), type: { kind: 'type', of } };
  }

  /** A leading dot skips the names that macros bind. */
  private find(name: string): { readonly slot: number; readonly type: CelType } | undefined {
    const rooted = name.startsWith('.');
    for (let scope: Scope | undefined = this.scope; scope !== undefined; scope = scope.outer) {
      if (rooted && scope.outer !== undefined) continue;
      const found = scope.names.get(rooted ? name.slice(1) : name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private select({ operand, field, testOnly }: Kind<'selectExpr'>, expr: Expr): CelNode {
    const qualified = testOnly ? undefined : qualifiedName(expr);
    const root = qualified?.split('.')[0] ?? '';
    if (qualified !== undefined && this.find(root) === undefined) {
      const typeNode = this.typeNamed(qualified);
      if (typeNode !== undefined) return typeNode;
    }
    const of = this.check(required(operand, expr.id));
    const type = this.bindings.resolve(of.type);
    if (type.kind !== 'map' && type.kind !== 'dyn' && type.kind !== 'param') {
      throw new CheckFault(`${typeText(type)} has no fields, so that there is no '${field}'`, expr.id);
    }
    if (testOnly) return { kind: 'has', operand: of, name: field, type: types.BOOL };
    return { kind: 'field', operand: of, name: field, type: type.kind === 'map' ? type.value : types.DYN };
  }

  private call(call: Kind<'callExpr'>, id: bigint): CelNode {
    const args = call.args.map((arg) => this.check(arg));
    switch (call.function) {
      case '_&&_':
      case '_||_': {
        for (const arg of args) this.expect(arg, types.BOOL, id);
        return { kind: call.function === '_&&_' ? 'and' : 'or', operands: args, type: types.BOOL };
      }
      case '@not_strictly_false': {
        const operand = first(args, id);
        this.expect(operand, types.BOOL, id);
        return { kind: 'notStrictlyFalse', operand, type: types.BOOL };
      }
      case '_?_:_': {
        const [condition, yes, no] = args;
        if (condition === undefined || yes === undefined || no === undefined) break;
        this.expect(condition, types.BOOL, id);
        const result = this.bindings.newParameter();
        if (!this.bindings.assignAll([yes.type, no.type], [result, result])) {
          const found = `${this.text(yes.type)} and ${this.text(no.type)}`;
          throw new CheckFault(`both sides of ':' have one type, not ${found}`, id);
        }
        return { kind: 'conditional', condition, yes, no, type: result };
      }
    }
    const receiver = call.target === undefined ? undefined : this.check(call.target);
    return this.overloaded(call.function, receiver, args, id);
  }

  private overloaded(name: string, receiver: CelNode | undefined, rest: readonly CelNode[], id: bigint): CelNode {
    const args = receiver === undefined ? rest : [receiver, ...rest];
    const named = (FUNCTIONS.get(name) ?? []).filter(({ method }) => method === (receiver !== undefined));
    if (named.length === 0) throw new CheckFault(`there is no function '${name}' that is called like this`, id);
    const resolved = args.map(({ type }) => this.bindings.resolve(type));
    const open = resolved.some(({ kind }) => kind === 'dyn' || kind === 'param');
    const matching: Overload[] = [];
    const results: CelType[] = [];
    for (const overload of named) {
      if (overload.dynamicOnly && !open) continue;
      const [result = types.DYN, ...parameters] = this.instance([overload.result, ...overload.parameters]);
      if (!this.bindings.assignAll(resolved, parameters)) continue;
      matching.push(overload);
      results.push(this.bindings.resolve(result));
    }
    if (matching.length === 0) {
      const found = resolved.map((type) => this.text(type)).join(', ');
      throw new CheckFault(`'${functionText(name)}' does not take (${found})`, id);
    }
    const [only = types.DYN] = results;
    const same = results.every((result) => typeText(result) === typeText(only));
    return { kind: 'call', name, overloads: matching, args, type: same ? only : types.DYN };
  }

  /** The types of an overload with its own type parameters. */
  private instance(of: readonly CelType[]): readonly CelType[] {
    const fresh = new Map<number | string, CelType>();
    const go = (type: CelType): CelType => {
      if (type.kind === 'list') return { kind: 'list', element: go(type.element) };
      if (type.kind === 'map') return { kind: 'map', key: go(type.key), value: go(type.value) };
      if (type.kind === 'type') return { kind: 'type', of: go(type.of) };
      if (type.kind !== 'param') return type;
      const known = fresh.get(type.id) ?? this.bindings.newParameter();
      fresh.set(type.id, known);
      return known;
    };
    return of.map(go);
  }

  private list({ elements, optionalIndices }: Kind<'listExpr'>, id: bigint): CelNode {
    if (optionalIndices.length > 0) throw new CheckFault('optional items are not part of conditions', id);
    const items = elements.map((element) => this.check(element));
    return { kind: 'list', items, type: types.listOf(this.joined(items)) };
  }

  private map({ entries, messageName }: Kind<'structExpr'>, id: bigint): CelNode {
    if (messageName !== '') throw new CheckFault(`there is no message type '${messageName}'`, id);
    const checked = entries.map(({ keyKind, value, optionalEntry, id: entryId }) => {
      if (optionalEntry || keyKind.case !== 'mapKey') {
        throw new CheckFault('optional entries are not part of conditions', entryId);
      }
      return [this.check(keyKind.value), this.check(required(value, entryId))] as const;
    });
    const key = this.joined(checked.map(([it]) => it));
    const value = this.joined(checked.map(([, it]) => it));
    return { kind: 'map', entries: checked, type: types.mapOf(key, value) };
  }

  private joined(nodes: readonly CelNode[]): CelType {
    const [head, ...rest] = nodes.map(({ type }) => type);
    if (head === undefined) return this.bindings.newParameter();
    return rest.reduce((type, next) => this.bindings.join(type, next), head);
  }

  private fold(loop: Kind<'comprehensionExpr'>, id: bigint): CelNode {
    if (loop.iterVar2 !== '') throw new CheckFault('macros with two variables are not part of conditions', id);
    const range = this.check(required(loop.iterRange, id));
    const start = this.check(required(loop.accuInit, id));
    const rangeType = this.bindings.resolve(range.type);
    const itemSlot = this.slots++;
    const accumulatorSlot = this.slots++;
    const outer = this.scope;
    const accumulating: Scope = {
      names: new Map([[loop.accuVar, { slot: accumulatorSlot, type: start.type }]]),
      outer,
    };
    const item = { slot: itemSlot, type: this.itemType(rangeType, id) };
    this.scope = { names: new Map([[loop.iterVar, item]]), outer: accumulating };
    const goOn = this.check(required(loop.loopCondition, id));
    this.expect(goOn, types.BOOL, id);
    const step = this.check(required(loop.loopStep, id));
    this.expect(step, start.type, id);
    this.scope = accumulating;
    const result = this.check(required(loop.result, id));
    this.scope = outer;
    return { kind: 'fold', range, start, itemSlot, accumulatorSlot, goOn, step, result, type: result.type };
  }

  private itemType(range: CelType, id: bigint): CelType {
    if (range.kind === 'list') return range.element;
    if (range.kind === 'map') return range.key;
    if (range.kind === 'dyn' || range.kind === 'param') return types.DYN;
    throw new CheckFault(`a macro goes over a list or the keys of a map, not over ${typeText(range)}`, id);
  }

  private expect(node: CelNode, type: CelType, id: bigint): void {
    if (this.bindings.assignAll([node.type], [type])) return;
    throw new CheckFault(`${this.text(type)} is expected here, not ${this.text(node.type)}`, id);
  }

  private text(type: CelType): string {
    return typeText(this.bindings.resolve(type));
  }
}

/** `a.b.c` where every part is a name. */
function qualifiedName({ exprKind }: Expr): string | undefined {
  if (exprKind.case === 'identExpr') return exprKind.value.name;
  if (exprKind.case !== 'selectExpr' || exprKind.value.testOnly || !exprKind.value.operand) return undefined;
  const operand = qualifiedName(exprKind.value.operand);
  return operand && `${operand}.${exprKind.value.field}`;
}

/** `_+_` is written `+`. */
function functionText(name: string): string {
  return name.replaceAll(/^_|_$/g, '').replace('@in', 'in');
}

function first(args: readonly CelNode[], id: bigint): CelNode {
  return required(args[0], id);
}

function required<T>(value: T | undefined, id: bigint): T {
  if (value === undefined) throw new CheckFault('the expression is incomplete', id);
  return value;
}
