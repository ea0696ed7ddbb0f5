import { requires } from '@lumo/service';
import { z } from 'zod';

/** What every admin route of this service has in common. */
export const admin = { mount: 'org', access: requires('admin:roles') } as const;

/** Text that people read: no control characters but line breaks and tabs. */
export function text(maxLength: number) {
  return z
    .string()
    .max(maxLength)
    .refine((value) => !/[^\P{Cc}\n\r\t]|\p{Cs}/u.test(value), 'must not contain control characters');
}

/** A name: text that is not blank. */
export const name = text(255).refine((value) => value.trim().length > 0, 'must not be blank');
export const description = text(1_000).nullish();

/** Ids and slugs in paths; what no id or slug can be is simply not found. */
export const reference = z.string().max(400);

/** Query parameters are text. */
export const flag = z.enum(['true', 'false', '1', '0']).transform((value) => value === 'true' || value === '1');

/** A permission by slug, or by its integer id. */
export const permissionReference = z.union([z.string().min(1).max(255), z.int().min(1).max(2_147_483_647)]);

/** Each of the items once. */
export function once<T>(items: readonly T[]): readonly T[] {
  return [...new Set(items)];
}
