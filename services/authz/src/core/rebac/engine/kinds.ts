import { NONE } from './records.js';

/** Numbers for the types of a store, and for its kinds: a relation of a type, as `document#viewer`. Few, and never removed. */
export class Kinds {
  readonly types: string[] = [];
  private readonly typeIds = new Map<string, number>();
  /** Of each type, its relations. */
  private readonly relations: Map<string, number>[] = [];
  readonly typeOf: number[] = [];
  readonly relationOf: string[] = [];

  constructor(saved?: SavedKinds) {
    for (const type of saved?.types ?? []) this.addType(type);
    for (const [type, relation] of saved?.kinds ?? []) this.addKind(type, relation);
  }

  /** Number of types and kinds: what was worked out for the same number still holds. */
  get version(): number {
    return this.types.length + this.typeOf.length;
  }

  type(name: string): number {
    return this.typeIds.get(name) ?? NONE;
  }

  /** Type of `type:…`, without making a string of it; -1 where nothing of that type was ever stored. */
  typeBefore(text: string, colon: number): number {
    const { types } = this;
    for (let id = 0; id < types.length && id < SCANNED; id++) {
      const type = types[id] as string;
      if (type.length === colon && text.startsWith(type)) return id;
    }
    return types.length <= SCANNED ? NONE : this.type(text.slice(0, colon));
  }

  kind(type: number, relation: string): number {
    return this.relations[type]?.get(relation) ?? NONE;
  }

  internType(name: string): number {
    return this.typeIds.get(name) ?? this.addType(name);
  }

  internKind(type: number, relation: string): number {
    return this.relations[type]?.get(relation) ?? this.addKind(type, relation);
  }

  save(): SavedKinds {
    return { types: this.types, kinds: this.relationOf.map((relation, kind) => [this.typeOf[kind] ?? 0, relation]) };
  }

  get byteSize(): number {
    return this.types.length * BYTES_EACH + this.typeOf.length * BYTES_EACH;
  }

  private addType(name: string): number {
    const id = this.types.push(name) - 1;
    this.typeIds.set(name, id);
    this.relations.push(new Map());
    return id;
  }

  private addKind(type: number, relation: string): number {
    const id = this.typeOf.push(type) - 1;
    this.relationOf.push(relation);
    this.relations[type]?.set(relation, id);
    return id;
  }
}

export interface SavedKinds {
  readonly types: readonly string[];
  readonly kinds: readonly (readonly [number, string])[];
}

/** Above so many types a map is faster than looking at each. */
const SCANNED = 12;
/** Name, map entry and row; a guess on the safe side. */
const BYTES_EACH = 200;
