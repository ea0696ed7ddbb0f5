export const MAX_QUESTION_CHARS = 1000;

export type QuestionReading =
  | { readonly kind: 'action'; readonly action: string }
  | { readonly kind: 'unparsed' }
  | { readonly kind: 'ambiguous' };

/** Printable ASCII only: zero-width characters, homoglyphs and control characters make a question unreadable. */
const READABLE = /^[\x20-\x7e]+$/;

/** Words that only make a sentence of it. Every other word must belong to the capability. */
const FILLERS: ReadonlySet<string> = new Set(
  'a able allowed am an any are be can could do for i is it may me my now of on please should some that the this to us we with would'.split(
    ' ',
  ),
);

/**
 * Finds the one capability that a question names, spelled out ("may I document.read?") or in words ("can I read the
 * documents?" for `read:documents`). A question that says anything else besides is `unparsed`: so no wording can hide a
 * second request behind a permitted one, and two readings are no reading.
 */
export function readQuestion(question: string, capabilities: readonly string[]): QuestionReading {
  if (question.length > MAX_QUESTION_CHARS || !READABLE.test(question)) return { kind: 'unparsed' };
  const tokens = question
    .split(/[\s"'`()[\]{},;?!]+/)
    .map((token) => token.replace(/[.:]+$/, ''))
    .filter((token) => token !== '');
  const spelled = tokens.filter((token) => capabilities.includes(token));
  const said = tokens.filter((token) => !spelled.includes(token)).flatMap(wordsOf);
  if (spelled.length > 0) return said.length === 0 ? one([...new Set(spelled)]) : { kind: 'unparsed' };
  if (said.length === 0) return { kind: 'unparsed' };
  return one(capabilities.filter((capability) => sameWords(new Set(wordsOf(capability)), new Set(said))));
}

function one(matches: readonly string[]): QuestionReading {
  const [action] = matches;
  if (action === undefined) return { kind: 'unparsed' };
  return matches.length === 1 ? { kind: 'action', action } : { kind: 'ambiguous' };
}

function sameWords(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  return left.size === right.size && [...left].every((word) => right.has(word));
}

/** Lower-case words without fillers, plural folded onto singular. */
function wordsOf(text: string): readonly string[] {
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return words.filter((word) => !FILLERS.has(word)).map(singular);
}

function singular(word: string): string {
  return word.length > 3 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word;
}
