/** Reads untrusted JSON by own members only: a member called `constructor` or `__proto__` is a member like any other. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The member of the first name that is there and not null, as the protobuf JSON mapping reads one field of two spellings. */
export function member(object: JsonObject, ...names: readonly string[]): unknown {
  for (const name of names) {
    if (Object.hasOwn(object, name)) return object[name] ?? undefined;
  }
  return undefined;
}

/** Whether arrays and objects stand at most `depth` inside each other. Needs no stack of its own. */
export function isShallow(value: unknown, depth: number): boolean {
  let level: readonly unknown[] = [value];
  for (let left = depth; left >= 0; left--) {
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
    if (level.length === 0) return true;
  }
  return false;
}

/** JSON with the members of every object in code-unit order: equal data, equal text. Absent members are left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    isObject(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item,
  );
}
