/** Reads the members of a JSON object that somebody else wrote, and remembers the first that is not what it should be. */
export interface MetadataReader {
  /** A text that is not empty. `null` and the empty text mean absent, as RFC 7592 section 2.2 has it for updates. */
  text(name: string, maxLength?: number): string | undefined;
  flag(name: string): boolean | undefined;
  /** A number of whole seconds. */
  seconds(name: string): number | undefined;
  texts(name: string, maxItems?: number): readonly string[] | undefined;
  /** One of the words; another is a problem. */
  word<const W extends string>(name: string, words: readonly W[]): W | undefined;
  value(name: string): unknown;
  readonly problem: { readonly member: string; readonly message: string } | undefined;
}

export function readMetadata(members: Readonly<Record<string, unknown>>): MetadataReader {
  let problem: MetadataReader['problem'];
  const wrong = (member: string, message: string): undefined => {
    problem ??= { member, message };
    return undefined;
  };
  const value = (name: string): unknown => {
    const given = Object.hasOwn(members, name) ? members[name] : undefined;
    return given === null || given === '' ? undefined : given;
  };
  const text: MetadataReader['text'] = (name, maxLength = 2048) => {
    const given = value(name);
    if (given === undefined) return undefined;
    if (typeof given !== 'string') return wrong(name, 'Write a text.');
    if (given.length > maxLength || given.includes('\0')) {
      return wrong(name, `Write at most ${maxLength} characters, none of them NUL.`);
    }
    return given.toWellFormed();
  };
  return {
    value,
    text,
    flag(name) {
      const given = value(name);
      return given === undefined || typeof given === 'boolean' ? given : wrong(name, 'Write true or false.');
    },
    seconds(name) {
      const given = value(name);
      if (given === undefined) return undefined;
      if (typeof given === 'number' && Number.isSafeInteger(given) && given >= 0 && given < 2 ** 31) return given;
      return wrong(name, 'Write a number of whole seconds.');
    },
    texts(name, maxItems = 50) {
      const given = value(name);
      if (given === undefined) return undefined;
      const isList = Array.isArray(given) && given.length <= maxItems;
      if (!isList || !given.every((item) => typeof item === 'string' && item !== '' && item.length <= 2048)) {
        return wrong(name, `Write a list of at most ${maxItems} texts.`);
      }
      const list = given as readonly string[];
      return list.some((item) => item.includes('\0')) ? wrong(name, 'A text contains a NUL character.') : list;
    },
    word(name, words) {
      const given = text(name, 128);
      if (given === undefined) return undefined;
      const known = words.find((word) => word === given);
      return known ?? wrong(name, `Use one of: ${words.join(', ')}.`);
    },
    get problem() {
      return problem;
    },
  };
}
