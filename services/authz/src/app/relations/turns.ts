/**
 * Questions that run in slices and changes of what they are about, one at a time: nothing changes under a question. A change
 * waits for the question in hand and for no other; questions wait for each other in the order in which they came.
 */
export class Turns {
  #isTaken = false;
  readonly #changes: (() => void)[] = [];
  readonly #questions: (() => void)[] = [];

  get isTaken(): boolean {
    return this.#isTaken;
  }

  question<T>(run: () => Promise<T>): Promise<T> {
    return this.#take(this.#questions, run);
  }

  change<T>(run: () => Promise<T>): Promise<T> {
    return this.#take(this.#changes, run);
  }

  async #take<T>(queue: (() => void)[], run: () => Promise<T>): Promise<T> {
    if (this.#isTaken) await new Promise<void>((resolve) => queue.push(resolve));
    this.#isTaken = true;
    try {
      return await run();
    } finally {
      const next = this.#changes.shift() ?? this.#questions.shift();
      // Stays taken while it is handed over, so that nobody who comes now gets in between.
      if (next) next();
      else this.#isTaken = false;
    }
  }
}
