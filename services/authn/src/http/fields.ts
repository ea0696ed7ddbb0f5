import { z } from 'zod';

/** Text that people read: NFC, trimmed, one line, and nothing that turns the text around it (Unicode bidi overrides). */
export function line(max: number) {
  return z
    .string()
    .max(max * 4)
    .normalize('NFC')
    .trim()
    .min(1)
    .max(max)
    .regex(
      /^[^\p{Cc}\p{Co}\p{Cs}\u2028\u2029\u202A-\u202E\u2066-\u2069]*$/u,
      'Use one line of text without control characters.',
    );
}

/** An address to show, never to fetch: http or https only, so that a page may put it into `src` or `href`. */
export const webAddress = z
  .string()
  .max(2048)
  .refine((text) => URL.canParse(text) && /^https?:\/\/[^\s"'<>\\]+$/i.test(text), 'Write an http or https URL.');

export const phoneNumber = z
  .string()
  .trim()
  .regex(/^\+?[0-9][0-9 ().-]{2,30}$/, 'Write a phone number such as +1 555 0100.');

/** BCP 47 and IANA names as far as their alphabet goes. */
export const locale = z
  .string()
  .regex(/^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}$/, 'Write a language tag such as en-GB.');
export const zoneinfo = z
  .string()
  .regex(/^[A-Za-z0-9_+-]{1,32}(?:\/[A-Za-z0-9_+-]{1,32}){0,2}$/, 'Write a time zone such as Europe/Rome.');

/** A flag in a query string. */
export const flag = z.enum(['true', 'false', '1', '0']).transform((text) => text === 'true' || text === '1');

/** Role slugs; authz says which exist. */
export const roleSlugs = z.array(z.string().min(1).max(255)).max(100);

/** A path segment that names something; what it names is looked up, never parsed. */
export const reference = z.string().min(1).max(320);

export const isoTime = z.iso.datetime();

/** `sortBy` of one list: its own names, also in snake case. */
export function sortKeys(...names: readonly string[]) {
  const accepted = new Map(
    names.flatMap(
      (name) =>
        [
          [name, name],
          [snake(name), name],
        ] as const,
    ),
  );
  return z
    .string()
    .transform((text) => accepted.get(text) ?? '')
    .refine((name) => name !== '', `Sort by one of: ${names.join(', ')}.`);
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
