/** A person of an org, without anything secret. */
export interface User {
  readonly id: string;
  /** As it was given; compare addresses by their key (core/email-address.ts). */
  readonly email: string;
  readonly emailVerified: boolean;
  readonly username?: string | null;
  readonly name?: string | null;
  readonly givenName?: string | null;
  readonly familyName?: string | null;
  readonly picture?: string | null;
  readonly phoneNumber?: string | null;
  readonly phoneNumberVerified: boolean;
  readonly locale?: string | null;
  readonly zoneinfo?: string | null;
  readonly isActive: boolean;
  readonly blocked: boolean;
  readonly blockedAt?: Date | null;
  readonly passwordChangedAt?: Date | null;
  readonly loginCount: number;
  readonly lastLoginAt?: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Whether a person may sign in and hold tokens now. The one gate: every grant asks it. */
export function mayAct(user: Pick<User, 'isActive' | 'blocked'>): boolean {
  return user.isActive && !user.blocked;
}

/** What to call a person: the name, its parts, the username, or the address. */
export function displayName(user: User): string {
  const parts = [user.givenName, user.familyName].filter(Boolean).join(' ');
  return user.name || parts || user.username || user.email;
}
