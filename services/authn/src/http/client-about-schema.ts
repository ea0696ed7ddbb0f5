import { z } from 'zod';
import type { ClientAbout } from '../core/client-about.js';
import type { OAuthClient } from '../core/oauth-client.js';
import { line } from './fields.js';

const uri = z.string().min(1).max(2048).nullish();

/** Members of a client's body that say something about it to people; null takes one back. */
export const aboutMembers = {
  clientUri: uri,
  logoUri: uri,
  policyUri: uri,
  tosUri: uri,
  contacts: z.array(z.string().min(3).max(320)).max(10).nullish(),
  softwareId: line(200).nullish(),
  softwareVersion: line(100).nullish(),
  initiateLoginUri: uri,
};

const body = z.object(aboutMembers);
type AboutBody = z.infer<typeof body>;

/** A change of `ClientAbout`: undefined where a member is taken back. */
export type AboutChange = { readonly [K in keyof ClientAbout]?: ClientAbout[K] | undefined };

const NAMES: ReadonlySet<string> = new Set(Object.keys(aboutMembers));

/** Takes these members out of a body and leaves the rest. `about` is absent where the body names none. */
export function takeAbout<T extends AboutBody>(
  given: T,
): { readonly rest: Omit<T, keyof AboutBody>; readonly about?: AboutChange } {
  const named = Object.entries(given).filter(([name, value]) => NAMES.has(name) && value !== undefined);
  const others = Object.fromEntries(Object.entries(given).filter(([name]) => !NAMES.has(name)));
  // Exactly these members are gone.
  const rest = others as Omit<T, keyof AboutBody>;
  if (named.length === 0) return { rest };
  return { rest, about: Object.fromEntries(named.map(([name, value]) => [name, value ?? undefined])) };
}

/** The same members as they are answered, and how the client came here. */
export const aboutView = {
  origin: z.string(),
  clientUri: z.string().nullable(),
  logoUri: z.string().nullable(),
  policyUri: z.string().nullable(),
  tosUri: z.string().nullable(),
  contacts: z.array(z.string()),
  softwareId: z.string().nullable(),
  softwareVersion: z.string().nullable(),
  initiateLoginUri: z.string().nullable(),
  audienceUris: z.array(z.string()),
  resourceMode: z.string(),
};

const view = z.object(aboutView);

export function viewAbout({
  origin,
  about,
  audienceUris,
  resourceMode,
}: Pick<OAuthClient, 'origin' | 'about' | 'audienceUris' | 'resourceMode'>): z.infer<typeof view> {
  return {
    origin,
    clientUri: about.clientUri ?? null,
    logoUri: about.logoUri ?? null,
    policyUri: about.policyUri ?? null,
    tosUri: about.tosUri ?? null,
    contacts: [...(about.contacts ?? [])],
    softwareId: about.softwareId ?? null,
    softwareVersion: about.softwareVersion ?? null,
    initiateLoginUri: about.initiateLoginUri ?? null,
    audienceUris: [...audienceUris],
    resourceMode,
  };
}
