import { NONE } from './records.js';
import type { TupleStore } from './tuple-store.js';

/**
 * Numbers for the names of a question: those of the store, and from `VIRTUAL` on those of names that the store does not
 * know. Holds as long as the store does not change. On top of another one it goes on where that ends.
 */
export class Numbering {
  private readonly strangers: string[] = [];
  private ids: Map<string, number> | undefined;
  private readonly first: number;

  constructor(
    private readonly store: TupleStore,
    private readonly base?: Numbering,
  ) {
    this.first = base ? base.first + base.strangers.length : VIRTUAL;
  }

  /** Of `type:id`, up to `end`. */
  entityOf(text: string, colon: number, end: number): number {
    const stored = this.store.entity(text, colon, end);
    return stored === NONE ? this.stranger(text.slice(0, end)) : stored;
  }

  entityText(entity: number): string {
    return entity < VIRTUAL ? this.store.entityText(entity) : this.strangerText(entity);
  }

  /** What stands behind the type. */
  idText(entity: number): string {
    if (entity < VIRTUAL) return this.store.entities.textOf(entity);
    const text = this.strangerText(entity);
    return text.slice(text.indexOf(':') + 1);
  }

  /** Whether an entity is `type:*`. */
  isEverybody(entity: number): boolean {
    if (entity < VIRTUAL) return this.store.everybodyOf[this.store.typeOf(entity)] === entity;
    return this.strangerText(entity).endsWith(':*');
  }

  private strangerText(entity: number): string {
    const { base, first } = this;
    return entity < first && base ? base.strangerText(entity) : (this.strangers[entity - first] ?? '');
  }

  private stranger(text: string): number {
    const known = this.known(text);
    if (known !== undefined) return known;
    this.ids ??= new Map();
    const id = this.first + this.strangers.push(text) - 1;
    this.ids.set(text, id);
    return id;
  }

  private known(text: string): number | undefined {
    return this.ids?.get(text) ?? this.base?.known(text);
  }
}

/** Numbers from here on are of names that the store does not know. */
export const VIRTUAL = 2 ** 29;
