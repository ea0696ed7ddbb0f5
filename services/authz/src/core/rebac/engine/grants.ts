/** Which tuples of a shape count: those without a condition, and those with one of these. */
export interface Grant {
  readonly bare: boolean;
  readonly conditions: ReadonlySet<string> | null;
}

/** A shape of subject in numbers of the model: `relation` is -1 where it is no userset. */
export interface Shape {
  readonly type: number;
  readonly wildcard: boolean;
  readonly relation: number;
}

/** What the restrictions of one relation allow, by shape. */
export class Grants {
  private readonly byShape = new Map<number, Grant>();

  /** @param width more than any number of a relation, plus one */
  constructor(
    restrictions: Iterable<Shape & { readonly condition?: string }>,
    private readonly width: number,
  ) {
    const conditions = new Map<number, (string | undefined)[]>();
    for (const { condition, type, wildcard, relation } of restrictions) {
      const key = this.keyOf(type, wildcard, relation);
      conditions.set(key, [...(conditions.get(key) ?? []), condition]);
    }
    for (const [key, of] of conditions) {
      const named = new Set(of.filter((name) => name !== undefined));
      this.byShape.set(key, { bare: of.includes(undefined), conditions: named.size > 0 ? named : null });
    }
  }

  /** Null where no restriction has the shape. */
  of(type: number, wildcard: boolean, relation: number): Grant | null {
    return this.byShape.get(this.keyOf(type, wildcard, relation)) ?? null;
  }

  private keyOf(type: number, wildcard: boolean, relation: number): number {
    return (type * 2 + (wildcard ? 1 : 0)) * this.width + relation + 1;
  }
}
