import { err, ok, type Result } from '@lumo/kit';

/** An organization as the instance knows it. */
export interface OrgRecord {
  readonly id: string;
  /** The integer id of the tenant profile. */
  readonly number: number;
  /** Stands in issuers and links; immutable. */
  readonly slug: string;
  readonly name: string;
  readonly status: 'active' | 'suspended';
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** A DNS label in lower case (RFC 1123 section 2.1), so that a slug can become a host name; no punycode look-alikes. */
export function checkOrgSlug(slug: string): Result<string, string> {
  if (!SLUG.test(slug) || slug.startsWith('xn--')) {
    return err('Use 1 to 63 lower-case letters, digits and hyphens; begin and end with a letter or digit.');
  }
  return ok(slug);
}
