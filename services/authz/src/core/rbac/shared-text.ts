import { INITIAL_ROLES, SYSTEM_PERMISSIONS } from './system-catalogue.js';

/** The words that every organization has. Slugs of roles and permissions, names and descriptions. */
const SHARED: ReadonlyMap<string, string> = new Map(
  [...SYSTEM_PERMISSIONS, ...INITIAL_ROLES]
    .flatMap(({ slug, name, description }) => [slug, name, description])
    .map((text) => [text, text]),
);

/** The one copy of a text that every graph would otherwise hold its own of; other text comes back as it is. */
export function sharedText(text: string): string {
  return SHARED.get(text) ?? text;
}
