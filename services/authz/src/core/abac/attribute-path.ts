import { err, ok, type Result } from '@lumo/kit';
import { canonicalName } from './built-in-attributes.js';

/** What a condition can speak about. `action` are the properties of the action (AuthZEN). */
export const ATTRIBUTE_ROOTS = ['user', 'resource', 'environment', 'action'] as const;
export type AttributeRoot = (typeof ATTRIBUTE_ROOTS)[number];

/** An attribute, or a member inside of one: `resource.address.city`. */
export interface AttributePath {
  readonly root: AttributeRoot;
  /** At least one name; the first is the attribute. */
  readonly names: readonly [string, ...string[]];
}

/** Other names of the roots: `env` of the guides, `subject` and `context` of AuthZEN. */
const ROOT_ALIASES: Readonly<Record<string, AttributeRoot>> = {
  env: 'environment',
  context: 'environment',
  subject: 'user',
};

const NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,99}$/;
const MAX_NAMES = 6;

/** Reads `user.department` and its older spellings (`env.ip_address`, `user.email_verified`). */
export function readPath(text: string): Result<AttributePath, string> {
  const [prefix = '', ...names] = text.split('.');
  const root = Object.hasOwn(ROOT_ALIASES, prefix) ? ROOT_ALIASES[prefix] : ATTRIBUTE_ROOTS.find((r) => r === prefix);
  if (!root) return err('must begin with user., resource., environment. or action.');
  const [first, ...inner] = names;
  if (first === undefined || names.length > MAX_NAMES || !names.every((name) => NAME.test(name)))
    return err(
      `must be ${root}. and a name of letters, digits, _ or -; with further names, joined by dots, to look inside of it`,
    );
  return ok({ root, names: [canonicalName(root, first), ...inner] });
}

export function writePath({ root, names }: AttributePath): string {
  return `${root}.${names.join('.')}`;
}

const REFERENCE = /^\$[A-Za-z]+\./;

/** Text that stands for the value of another attribute: `$resource.owner_id`. */
export function looksLikeReference(text: string): boolean {
  return REFERENCE.test(text);
}

export function readReference(text: string): Result<AttributePath, string> {
  const path = readPath(text.slice(1));
  return path.ok ? path : err(`is read as a reference, which ${path.error}; write $$ for text that begins with $`);
}

/** What a text of a condition stands for: one that begins with `$` is written with `$$`. */
export function plainText(literal: string): string {
  return literal.startsWith('$$') ? literal.slice(1) : literal;
}
