/**
 * The names that a filter means: a whole name (`user.created`), or segments of it from a dot to a dot (`user`, `login`,
 * `auth.login`), with or without `.*` behind.
 */
export function namesMeant(filter: string, names: readonly string[]): readonly string[] {
  const wanted = filter.toLowerCase().replace(/\.\*$/, '');
  if (names.includes(wanted)) return [wanted];
  return names.filter((name) => `.${name}.`.includes(`.${wanted}.`));
}
