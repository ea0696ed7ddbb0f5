/** One attribute of a name, e.g. `cn` and `client`. */
type Attribute = readonly [type: string, value: string];

/** Short names of attribute types (RFC 4514 section 3, RFC 4519) for those that certificates may spell as numbers. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'cn',
  '2.5.4.5': 'serialnumber',
  '2.5.4.6': 'c',
  '2.5.4.7': 'l',
  '2.5.4.8': 'st',
  '2.5.4.9': 'street',
  '2.5.4.10': 'o',
  '2.5.4.11': 'ou',
  '2.5.4.97': 'organizationidentifier',
  '0.9.2342.19200300.100.1.1': 'uid',
  '0.9.2342.19200300.100.1.25': 'dc',
  '1.2.840.113549.1.9.1': 'emailaddress',
  email: 'emailaddress',
  s: 'st',
};

/**
 * Whether two names are the same (RFC 4514, RFC 4517 section 4.2.15): the same attributes in the same order. Types have no
 * case, values do: what differs in case only may be two parties to whoever issued the certificates.
 */
export function isSameName(expected: string, lines: readonly string[]): boolean {
  const registered = readName(expected);
  // A certificate lists its name from the root down, RFC 4514 writes it from the leaf up.
  const presented = readName([...lines].reverse().join(','));
  if (!registered || !presented || registered.length !== presented.length) return false;
  return registered.every((part, index) => isSamePart(part, presented[index] ?? []));
}

function isSamePart(a: readonly Attribute[], b: readonly Attribute[]): boolean {
  // The attributes of one part have no order.
  const sorted = (part: readonly Attribute[]) => part.map(([type, value]) => JSON.stringify([type, value])).sort();
  const [left, right] = [sorted(a), sorted(b)];
  return left.length === right.length && left.every((text, index) => text === right[index]);
}

/** The parts of a name in the text form of RFC 4514, each with its attributes; undefined for what is none. */
function readName(text: string): readonly (readonly Attribute[])[] | undefined {
  const parts = splitUnescaped(text, ',').map((part) => splitUnescaped(part, '+').map(readAttribute));
  const complete = parts.every((part) => part.every((attribute) => attribute !== undefined));
  // Only checked ones are left.
  return complete ? (parts as readonly (readonly Attribute[])[]) : undefined;
}

function readAttribute(text: string): Attribute | undefined {
  const equals = text.indexOf('=');
  const type = text.slice(0, Math.max(0, equals)).trim().toLowerCase();
  if (!/^[a-z0-9.-]+$/.test(type)) return undefined;
  const bare = type.replace(/^oid\./, '');
  return [SHORT_NAMES[bare] ?? bare, unescaped(trimUnescaped(text.slice(equals + 1)))];
}

function splitUnescaped(text: string, separator: string): readonly string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === separator) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, text.slice(from)];
}

function trimUnescaped(text: string): string {
  const start = text.trimStart();
  const end = start.trimEnd();
  return end.endsWith('\\') && !end.endsWith('\\\\') && start.length > end.length ? `${end} ` : end;
}

/** RFC 4514 section 2.4: a backslash before a special character, or before two hexadecimal digits of its UTF-8. */
function unescaped(text: string): string {
  const bytes: Buffer[] = [];
  for (let at = 0; at < text.length; at++) {
    const hex = /^\\([0-9a-fA-F]{2})/.exec(text.slice(at, at + 3))?.[1];
    if (hex) {
      bytes.push(Buffer.from(hex, 'hex'));
      at += 2;
    } else if (text[at] === '\\' && at + 1 < text.length) {
      at += 1;
      bytes.push(Buffer.from(text[at] ?? ''));
    } else bytes.push(Buffer.from(text[at] ?? ''));
  }
  return Buffer.concat(bytes).toString();
}
