import { err, ok, type Result } from '@lumo/kit';

/** What a member of an authorization detail can be. */
export const DETAIL_FIELD_KINDS = ['text', 'number', 'boolean', 'texts', 'object', 'objects'] as const;
export type DetailFieldKind = (typeof DETAIL_FIELD_KINDS)[number];

/** One member of a type (RFC 9396 section 2): its name on the wire, and how a person reads it. */
export interface DetailField {
  readonly name: string;
  /** Shown beside the value on the consent page. */
  readonly label: string;
  readonly kind: DetailFieldKind;
  readonly required: boolean;
  /** Of `text` and `texts`: nothing else is accepted. Empty: anything. */
  readonly values: readonly string[];
  /** Of `object` and `objects`. */
  readonly fields?: readonly DetailField[];
}

/** A type of authorization details that an org registered. */
export interface DetailType {
  readonly type: string;
  /** Heading on the consent page. */
  readonly name: string;
  readonly description: string | null;
  readonly fields: readonly DetailField[];
}

export type AuthorizationDetail = { readonly type: string } & Readonly<Record<string, unknown>>;

const MAX_DEPTH = 3;
const MAX_FIELDS = 50;
const MAX_TEXT = 1000;
const MAX_ITEMS = 50;
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

/** Judges a type that an administrator registers; says what to change. */
export function checkDetailType({ type, fields }: DetailType): Result<void, Readonly<Record<string, string>>> {
  if (!/^[\x21-\x7e]{1,128}$/.test(type) || type === '__proto__')
    return err({ type: 'A type is printable ASCII without spaces.' });
  const problem = fieldsProblem(fields, 1);
  return problem ? err({ fields: problem }) : ok(undefined);
}

function fieldsProblem(fields: readonly DetailField[], depth: number): string | undefined {
  if (fields.length > MAX_FIELDS) return `A type has at most ${MAX_FIELDS} fields.`;
  if (depth > MAX_DEPTH) return `Fields stand at most ${MAX_DEPTH} deep.`;
  const names = fields.map(({ name }) => name);
  const bad = names.find((name) => !NAME.test(name) || name === 'type');
  if (bad !== undefined)
    return `${bad.slice(0, 64)}: a field is named with letters, digits, "_", "." and "-", and not type.`;
  if (new Set(names).size < names.length) return 'Two fields have one name.';
  for (const { name, kind, values, fields: inner } of fields) {
    const isObject = kind === 'object' || kind === 'objects';
    if (isObject !== (inner !== undefined)) return `${name}: an object names its fields, and nothing else does.`;
    if (values.length > 0 && kind !== 'text' && kind !== 'texts') return `${name}: only text has a list of values.`;
    const problem = inner && fieldsProblem(inner, depth + 1);
    if (problem) return `${name}: ${problem}`;
  }
  return undefined;
}

/** Whether a detail fits its type: every member is known, and is what it must be. Says which is not. */
export function checkDetail(detail: AuthorizationDetail, type: DetailType): Result<void, string> {
  const { type: _type, ...members } = detail;
  const problem = membersProblem(members, type.fields, '');
  return problem ? err(problem) : ok(undefined);
}

function membersProblem(
  members: Readonly<Record<string, unknown>>,
  fields: readonly DetailField[],
  path: string,
): string | undefined {
  const unknown = Object.keys(members).find((name) => !fields.some((field) => field.name === name));
  // RFC 9396 section 5: an unknown member is an error, so that nobody allows what they were not told.
  if (unknown !== undefined) return `'${`${path}${unknown}`.slice(0, 128)}' is not a member of this type`;
  for (const field of fields) {
    const value = own(members, field.name);
    const at = `${path}${field.name}`;
    if (value === undefined) {
      if (field.required) return `'${at}' is missing`;
      continue;
    }
    const problem = valueProblem(value, field, at);
    if (problem) return problem;
  }
  return undefined;
}

function valueProblem(value: unknown, field: DetailField, at: string): string | undefined {
  const { kind, values, fields = [] } = field;
  const isText = (text: unknown): boolean =>
    typeof text === 'string' && text.length <= MAX_TEXT && (values.length === 0 || values.includes(text));
  const isList = Array.isArray(value) && value.length > 0 && value.length <= MAX_ITEMS;
  switch (kind) {
    case 'text':
      return isText(value) ? undefined : `'${at}' is not an accepted text`;
    case 'texts':
      return isList && value.every(isText) ? undefined : `'${at}' is not a list of accepted texts`;
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) ? undefined : `'${at}' is not a number`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `'${at}' is not true or false`;
    case 'object':
      return isRecord(value) ? membersProblem(value, fields, `${at}.`) : `'${at}' is not an object`;
    case 'objects': {
      if (!isList || !value.every(isRecord)) return `'${at}' is not a list of objects`;
      return value.map((item, index) => membersProblem(item, fields, `${at}[${index}].`)).find(Boolean);
    }
  }
}

/** A line for the consent page: what is asked, and for what. */
export interface DetailLine {
  readonly label: string;
  readonly text: string;
}

/** A detail in words: every member that it has, in the order of its type; nothing is left out. */
export function describeDetail(detail: AuthorizationDetail, type: DetailType): readonly DetailLine[] {
  return linesOf(detail, type.fields);
}

function linesOf(members: Readonly<Record<string, unknown>>, fields: readonly DetailField[]): readonly DetailLine[] {
  return fields.flatMap(({ name, label, fields: inner = [] }): readonly DetailLine[] => {
    const value = own(members, name);
    if (value === undefined) return [];
    const items = Array.isArray(value) ? value : [value];
    if (items.every(isRecord)) {
      return items.flatMap((item, index) =>
        linesOf(item, inner).map((line) => ({
          label: `${label}${items.length > 1 ? ` ${index + 1}` : ''}: ${line.label}`,
          text: line.text,
        })),
      );
    }
    return [{ label, text: items.map(inWords).join(', ') }];
  });
}

function own(members: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

function inWords(value: unknown): string {
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
}

/**
 * Whether every wanted detail is one that was granted, member by member: asking again may leave details out, and never adds
 * one or changes what it says (RFC 9396 section 6).
 */
export function areGranted(wanted: readonly AuthorizationDetail[], granted: readonly AuthorizationDetail[]): boolean {
  const known = new Set(granted.map(canonical));
  return wanted.every((detail) => known.has(canonical(detail)));
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isRecord(value)) return JSON.stringify(value);
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`);
  return `{${members.join(',')}}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
