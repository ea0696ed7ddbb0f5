import { DomainError } from '@lumo/kit';

const MAX_DEPTH = 64;

/**
 * Parses JSON and refuses what parsers disagree about: a member named twice (RFC 8259 section 4), a NUL character in a
 * string (PostgreSQL cannot store it), `__proto__` as a name, and nesting that could exhaust the stack.
 */
export function parseStrictJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new DomainError('invalid', 'invalid_request', 'The body is not valid JSON.');
  }
  refuseAmbiguity(text);
  return value;
}

/** Walks text that is known to be valid JSON: it needs to find strings and brackets, nothing else. */
function refuseAmbiguity(text: string): void {
  const names: (Set<string> | null)[] = [];
  let expectName = false;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22: {
        const end = endOfString(text, i);
        const raw = text.slice(i, end + 1);
        const hasEscape = raw.includes('\\');
        const string = hasEscape ? (JSON.parse(raw) as string) : raw.slice(1, -1);
        if (hasEscape && string.includes('\0')) refuse('A string contains a NUL character.');
        const current = names.at(-1);
        if (expectName && current) {
          if (string === '__proto__') refuse('The member name "__proto__" is not allowed.');
          if (current.has(string)) refuse(`The member "${string.slice(0, 64)}" stands twice in one object.`);
          current.add(string);
          expectName = false;
        }
        i = end;
        break;
      }
      case 0x7b:
        names.push(new Set());
        expectName = true;
        break;
      case 0x5b:
        names.push(null);
        expectName = false;
        break;
      case 0x7d:
      case 0x5d:
        names.pop();
        expectName = false;
        break;
      case 0x2c:
        expectName = names.at(-1) instanceof Set;
        break;
    }
    if (names.length > MAX_DEPTH) refuse(`The body is nested deeper than ${MAX_DEPTH} levels.`);
  }
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x5c) i++;
    else if (code === 0x22) return i;
  }
  return text.length;
}

function refuse(message: string): never {
  throw new DomainError('invalid', 'invalid_request', message);
}
