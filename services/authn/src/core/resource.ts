import type { OAuthClient, ResourceMode } from './oauth-client.js';
import { checkResourceUri, matchesResource } from './resource-uri.js';

/** A resource of an org (RFC 8707): an API or an MCP server for which every client of the org may ask tokens. */
export interface Resource {
  /** `res_…` */
  readonly id: string;
  readonly name: string;
  /** What tokens for it have as `aud`. */
  readonly identifier: string;
  /** `prefix`: what stands below it is a resource too, with an `aud` of its own. */
  readonly mode: ResourceMode;
  /** What every client may ask for here, and people are asked. None: what the client may ask for anyway. */
  readonly scopes: readonly string[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type ResourceDraft = Pick<Resource, 'name' | 'identifier' | 'mode' | 'scopes'>;

/** What is wrong, by member; empty where nothing is. */
export function checkResource({ identifier, scopes }: ResourceDraft): Readonly<Record<string, string>> {
  const problems: Record<string, string> = {};
  const checked = checkResourceUri(identifier);
  if (!checked.ok) problems.identifier = checked.error;
  if (scopes.some((scope) => !/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/.test(scope))) {
    problems.scopes = 'A scope has no spaces, quotes or backslashes (RFC 6749 section 3.3).';
  }
  return problems;
}

/** The resource of the org that a request names: one that is spelled so, else the longest that it stands below. */
export function findResource(resources: readonly Resource[], requested: string): Resource | undefined {
  return resources
    .filter(({ identifier, mode }) => matchesResource([identifier], requested, mode))
    .sort((a, b) => b.identifier.length - a.identifier.length)[0];
}

/**
 * What a client may ask for at a resource; undefined where it may not have tokens for it (RFC 8707 section 2,
 * `invalid_target`). A resource of the org says itself what it offers; one that only this client has takes its scopes.
 */
export function scopesAt(
  requested: string,
  client: Pick<OAuthClient, 'scopes' | 'audienceUris' | 'resourceMode'>,
  resources: readonly Resource[],
): readonly string[] | undefined {
  const ofOrg = findResource(resources, requested);
  if (ofOrg) return ofOrg.scopes.length > 0 ? ofOrg.scopes : client.scopes;
  return matchesResource(client.audienceUris, requested, client.resourceMode) ? client.scopes : undefined;
}
