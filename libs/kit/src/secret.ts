import { inspect } from 'node:util';

/** A value that refuses to be printed: string conversion, JSON and `console.log` all show `[secret]`. */
export class Secret<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The value itself. Call it where the secret is used, never where it is passed on. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

export function secret<T>(value: T): Secret<T> {
  return new Secret(value);
}
