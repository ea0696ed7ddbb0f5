const USES_BEFORE_NAMED = 3;
const MAX_NAMES = 100;
const MAX_TRACKED = 2_000;

/**
 * Decides which SQL texts become server-side prepared statements: the first hundred that come back. Named ones skip
 * parsing and planning; the bound keeps dynamic SQL from filling the memory of every backend.
 */
export class StatementNames {
  readonly #names = new Map<string, string>();
  readonly #uses = new Map<string, number>();

  nameOf(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known || this.#names.size >= MAX_NAMES) return known;
    const uses = (this.#uses.get(text) ?? 0) + 1;
    if (uses < USES_BEFORE_NAMED) {
      if (this.#uses.size >= MAX_TRACKED) this.#uses.clear();
      this.#uses.set(text, uses);
      return undefined;
    }
    this.#uses.delete(text);
    const name = `lumo_${this.#names.size + 1}`;
    this.#names.set(text, name);
    return name;
  }
}
