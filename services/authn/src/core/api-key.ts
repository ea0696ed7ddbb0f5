/** A key of an org for machines that administer it. The key itself is never stored. */
export interface ApiKey {
  /** `key_…` */
  readonly keyId: string;
  readonly name: string;
  /** The first characters of the key, so that a person can tell keys apart. */
  readonly hint: string;
  readonly scopes: readonly string[];
  /** `type:id` of the principal that made it. */
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly lastUsedAt: Date | null;
  readonly expiresAt: Date | null;
}

export function isKeyUsable(key: Pick<ApiKey, 'expiresAt'>, now: Date): boolean {
  return key.expiresAt === null || key.expiresAt.getTime() > now.getTime();
}
