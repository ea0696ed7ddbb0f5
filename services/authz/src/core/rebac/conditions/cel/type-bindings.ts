import { type CelType, DYN } from './cel-type.js';

/**
 * What is known of type parameters while an expression is checked: whether one type may stand where another is expected,
 * and which types the parameters became on the way. A parameter that gets a second type becomes the more general of both,
 * so that `[1, dyn("a")]` is a list of dyn.
 */
export class TypeBindings {
  private types = new Map<number | string, CelType>();
  private fresh = 0;

  newParameter(): CelType {
    return { kind: 'param', id: this.fresh++ };
  }

  /** Whether every argument may stand where its parameter is expected. Where not, nothing is learned. */
  assignAll(args: readonly CelType[], parameters: readonly CelType[]): boolean {
    if (args.length !== parameters.length) return false;
    const before = new Map(this.types);
    const fits = args.every((arg, index) => this.assign(arg, parameters[index] ?? DYN));
    if (!fits) this.types = before;
    return fits;
  }

  /** The type with its parameters replaced by what they became; by dyn where that is still open and `final`. */
  resolve(type: CelType, final = false): CelType {
    switch (type.kind) {
      case 'param': {
        const bound = this.types.get(type.id);
        if (bound !== undefined) return this.resolve(bound, final);
        return final ? DYN : type;
      }
      case 'list':
        return { kind: 'list', element: this.resolve(type.element, final) };
      case 'map':
        return { kind: 'map', key: this.resolve(type.key, final), value: this.resolve(type.value, final) };
      case 'type':
        return { kind: 'type', of: this.resolve(type.of, final) };
      default:
        return type;
    }
  }

  /** The type of an aggregate that holds both: the more general one, or dyn where they have nothing in common. */
  join(first: CelType, second: CelType): CelType {
    if (!this.assignAll([second], [first])) return DYN;
    return moreGeneral(this.resolve(first), this.resolve(second));
  }

  private assign(from: CelType, to: CelType): boolean {
    if (to.kind === 'param') {
      const bound = this.bind(to.id, from);
      if (bound !== 'impossible') return bound === 'yes';
    }
    if (from.kind === 'param') return this.bind(from.id, to) === 'yes';
    if (from.kind === 'dyn' || to.kind === 'dyn') return true;
    if (from.kind === 'list' && to.kind === 'list') return this.assign(from.element, to.element);
    if (from.kind === 'map' && to.kind === 'map') {
      return this.assign(from.key, to.key) && this.assign(from.value, to.value);
    }
    return from.kind === to.kind;
  }

  /** `impossible` where the parameter is open, but stands inside of the type. */
  private bind(id: number | string, type: CelType): 'yes' | 'no' | 'impossible' {
    if (type.kind === 'param' && type.id === id) return 'yes';
    const known = this.types.get(id);
    if (known === undefined) {
      if (this.contains(type, id)) return 'impossible';
      this.types.set(id, type);
      return 'yes';
    }
    if (!this.assign(type, known)) return 'no';
    const general = moreGeneral(type, known);
    if (!this.contains(general, id)) this.types.set(id, general);
    return 'yes';
  }

  private contains(type: CelType, id: number | string): boolean {
    switch (type.kind) {
      case 'param': {
        if (type.id === id) return true;
        const bound = this.types.get(type.id);
        return bound !== undefined && this.contains(bound, id);
      }
      case 'list':
        return this.contains(type.element, id);
      case 'map':
        return this.contains(type.key, id) || this.contains(type.value, id);
      case 'type':
        return this.contains(type.of, id);
      default:
        return false;
    }
  }
}

function moreGeneral(first: CelType, second: CelType): CelType {
  return isAsGeneral(first, second) ? first : second;
}

function isAsGeneral(first: CelType, second: CelType): boolean {
  if (first.kind === 'dyn' || first.kind === 'param') return true;
  if (second.kind === 'dyn' || second.kind === 'param') return false;
  if (first.kind === 'list' && second.kind === 'list') return isAsGeneral(first.element, second.element);
  if (first.kind === 'map' && second.kind === 'map') {
    return isAsGeneral(first.key, second.key) && isAsGeneral(first.value, second.value);
  }
  return first.kind === second.kind;
}
