import { err, ok, type Result } from '@lumo/kit';
import type { CelNode, CheckedExpression } from './cel-node.js';
import { CelFault, CelMap, type CelValue, CostExceeded, isOfType, typeName } from './cel-value.js';
import { keyText } from './operators.js';
import type { Overload } from './overload.js';

/**
 * An expression as a JavaScript function, composed of closures: nothing of the tree is looked at again when it runs.
 * @param values of the variables, in their order
 * @param cost what it may cost, in the units of the reference implementation: one for a name, a field or a call; for text
 * and lists what reading them costs
 */
export type Expression = (values: readonly CelValue[], cost: number) => Result<CelValue, CelFault>;

/** May throw a `CelFault` where a literal can never be right: a regular expression, a range of addresses. */
export function planExpression({ node, slots }: CheckedExpression): Expression {
  const code = plan(node);
  return (values, cost) => {
    const frame = new Frame(values, slots, cost);
    try {
      return ok(code(frame));
    } catch (fault) {
      if (fault instanceof CelFault) return err(fault);
      throw fault;
    }
  };
}

class Frame {
  /** A macro's result may be a fault for a while: `[0, 1].exists(x, 1 / x > 0)` is true. */
  readonly values: (CelValue | CelFault)[];

  constructor(
    variables: readonly CelValue[],
    slots: number,
    private left: number,
  ) {
    this.values = variables.slice();
    while (this.values.length < slots) this.values.push(null);
  }

  spend(cost: number): void {
    this.left -= cost;
    if (this.left < 0) throw new CostExceeded('the expression costs more than an evaluation may');
  }
}

type Code = (frame: Frame) => CelValue;

function plan(node: CelNode): Code {
  switch (node.kind) {
    case 'literal': {
      const { value } = node;
      return () => value;
    }
    case 'variable':
      return planVariable(node.slot);
    case 'field':
      return planField(plan(node.operand), node.name);
    case 'has':
      return planHas(plan(node.operand), node.name);
    case 'call':
      return planCall(node);
    case 'and':
      return node.operands.map(plan).reduce((left, right) => planLogic(left, right, false));
    case 'or':
      return node.operands.map(plan).reduce((left, right) => planLogic(left, right, true));
    case 'conditional': {
      const [condition, yes, no] = [plan(node.condition), plan(node.yes), plan(node.no)];
      return (frame) => (truth(condition(frame)) ? yes(frame) : no(frame));
    }
    case 'notStrictlyFalse':
      return planNotStrictlyFalse(plan(node.operand));
    case 'list': {
      const items = node.items.map(plan);
      return (frame) => {
        frame.spend(10);
        return items.map((item) => item(frame));
      };
    }
    case 'map':
      return planMap(node.entries.map(([key, value]) => [plan(key), plan(value)] as const));
    case 'fold':
      return planFold(node);
  }
}

function planVariable(slot: number): Code {
  return (frame) => {
    frame.spend(1);
    const value = frame.values[slot];
    if (value instanceof CelFault) throw value;
    return value ?? null;
  };
}

function planField(operand: Code, name: string): Code {
  return (frame) => {
    const map = operand(frame);
    frame.spend(1);
    if (!(map instanceof CelMap)) throw new CelFault(`${typeName(map)} has no fields, so that there is no '${name}'`);
    const value = map.get(name);
    if (value === undefined) throw new CelFault(`the map has no key ${keyText(name)}`);
    return value;
  };
}

function planHas(operand: Code, name: string): Code {
  return (frame) => {
    const map = operand(frame);
    frame.spend(1);
    if (!(map instanceof CelMap)) throw new CelFault(`${typeName(map)} has no fields, so that there is no '${name}'`);
    return map.get(name) !== undefined;
  };
}

/** `||` where `decisive` is true, `&&` where it is false. A side that decides makes a fault of the other one irrelevant. */
function planLogic(left: Code, right: Code, decisive: boolean): Code {
  return (frame) => {
    let fault: CelFault | undefined;
    try {
      if (truth(left(frame)) === decisive) return decisive;
    } catch (thrown) {
      fault = tolerable(thrown);
    }
    const answer = truth(right(frame));
    if (fault === undefined || answer === decisive) return answer;
    throw fault;
  };
}

function tolerable(thrown: unknown): CelFault {
  if (thrown instanceof CelFault && !(thrown instanceof CostExceeded)) return thrown;
  throw thrown;
}

function truth(value: CelValue): boolean {
  if (typeof value === 'boolean') return value;
  throw new CelFault(`bool is expected here, not ${typeName(value)}`);
}

function planNotStrictlyFalse(operand: Code): Code {
  return (frame) => {
    frame.spend(1);
    try {
      return operand(frame) !== false;
    } catch (thrown) {
      tolerable(thrown);
      return true;
    }
  };
}

function planMap(entries: readonly (readonly [Code, Code])[]): Code {
  return (frame) => {
    frame.spend(30);
    const map = new CelMap();
    for (const [key, value] of entries) {
      const at = key(frame);
      if (!map.add(at, value(frame))) throw new CelFault(`a map cannot have the key ${keyText(at)}, or has it twice`);
    }
    return map;
  };
}

function planFold(node: Extract<CelNode, { readonly kind: 'fold' }>): Code {
  const [range, start, goOn, step, result] = [node.range, node.start, node.goOn, node.step, node.result].map(plan);
  if (!range || !start || !goOn || !step || !result) throw new Error('unreachable: five parts were given');
  const { itemSlot, accumulatorSlot } = node;
  return (frame) => {
    const over = range(frame);
    const items = over instanceof CelMap ? over.keys() : over;
    if (!Array.isArray(items)) throw new CelFault(`a macro goes over a list or a map, not over ${typeName(over)}`);
    frame.values[accumulatorSlot] = start(frame);
    for (const item of items) {
      frame.values[itemSlot] = item;
      if (!truth(goOn(frame))) break;
      try {
        frame.values[accumulatorSlot] = step(frame);
      } catch (thrown) {
        frame.values[accumulatorSlot] = tolerable(thrown);
      }
    }
    return result(frame);
  };
}

/** The overload is chosen by the values: what is checked as `int` may still hold what a `dyn` brought along. */
function planCall(node: Extract<CelNode, { readonly kind: 'call' }>): Code {
  const { name, overloads } = node;
  const args = node.args.map(plan);
  const [a, b] = args;
  const literal = node.args[1]?.kind === 'literal' ? node.args[1].value : undefined;
  const [only] = overloads;
  if (only?.prepare && overloads.length === 1 && a && literal !== undefined) {
    const prepared = only.prepare(literal);
    const type = only.parameters[0];
    return (frame) => {
      const value = a(frame);
      if (type && !isOfType(value, type)) throw noOverload(name, [value, literal]);
      frame.spend(only.cost(value, literal));
      return prepared(value);
    };
  }
  if (a && b && args.length === 2) {
    return (frame) => {
      const [left, right] = [a(frame), b(frame)];
      for (const overload of overloads) {
        const [first, second] = overload.parameters;
        if (first && second && isOfType(left, first) && isOfType(right, second)) {
          frame.spend(overload.cost(left, right));
          return overload.run(left, right);
        }
      }
      throw noOverload(name, [left, right]);
    };
  }
  return (frame) => {
    const values = args.map((arg) => arg(frame));
    const overload = overloads.find(({ parameters }) => accepts(parameters, values));
    if (overload === undefined) throw noOverload(name, values);
    frame.spend(overload.cost(...values));
    return overload.run(...values);
  };
}

function accepts(parameters: Overload['parameters'], values: readonly CelValue[]): boolean {
  return parameters.length === values.length && parameters.every((type, i) => isOfType(values[i] ?? null, type));
}

function noOverload(name: string, values: readonly CelValue[]): CelFault {
  return new CelFault(`'${name.replaceAll('_', '')}' does not take (${values.map(typeName).join(', ')})`);
}
