/**
 * Characters that change how their neighbours look, or that nobody sees: bidirectional controls (a right-to-left
 * override turns `moc.elgoog` into `google.com`), zero-width and tag characters, line and paragraph separators, controls.
 * The zero-width joiners and the emoji selectors stay: Persian and emoji need them.
 */
const INVISIBLE =
  /(?!\u200c|\u200d|\ufe0e|\ufe0f)\p{Default_Ignorable_Code_Point}|[\p{Cc}\p{Zl}\p{Zp}\u2800\ufff9-\ufffb]/gu;

/** No script stacks more marks on one letter; more than this only overflow into the lines around. */
const STACKED_MARKS = /(\p{M}{4})\p{M}+/gu;

/**
 * A name that others chose (of an org, a client, a person), made harmless to look at: one line, no controls, at most
 * `maxCharacters` long. Escaping is not its business. `fallback` stands in where nothing visible is left.
 */
export function displayText(text: string, fallback: string, maxCharacters = 80): string {
  const line = text
    .toWellFormed()
    .normalize('NFC')
    .replace(/\s+/gu, ' ')
    .replace(INVISIBLE, '')
    .replace(STACKED_MARKS, '$1')
    .trim();
  const characters = [...line];
  if (!/[\p{L}\p{N}\p{S}\p{P}]/u.test(line)) return fallback;
  return characters.length > maxCharacters ? `${characters.slice(0, maxCharacters - 1).join('')}…` : line;
}

/** The letter that stands for a name in its badge. */
export function initialOf(name: string): string {
  const [first = '?'] = name.match(/[\p{L}\p{N}]/u) ?? [];
  return first.toLocaleUpperCase('en');
}
