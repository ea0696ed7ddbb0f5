import { err, ok, type Result } from '@lumo/kit';
import { COMMON_PASSWORDS } from './common-passwords.js';
import type { PasswordPolicy } from './org-settings.js';

/** More would only make hashing dear. NIST SP 800-63B-4 asks for at least 64 characters. */
export const MAX_PASSWORD_BYTES = 1024;

/** What must not be the password of this person. */
export interface PasswordOwner {
  readonly email: string;
  readonly username?: string | null;
}

/** The bytes that are hashed: one form for what two keyboards write differently (NFC). */
export function normalisePassword(password: string): string {
  return password.normalize('NFC');
}

/**
 * Whether a new password may be set; the refusal is a sentence for the person who types it.
 * Length and a list of known passwords decide (NIST SP 800-63B-4); character classes only where the org asks for them.
 * It is never applied to a password that is presented at sign-in.
 */
export function checkPassword(password: string, policy: PasswordPolicy, owner: PasswordOwner): Result<string, string> {
  if (password.length > MAX_PASSWORD_BYTES || Buffer.byteLength(normalisePassword(password)) > MAX_PASSWORD_BYTES) {
    return err(`A password has at most ${MAX_PASSWORD_BYTES} bytes.`);
  }
  const normal = normalisePassword(password);
  if ([...normal].length < policy.minLength) return err(`Use at least ${policy.minLength} characters.`);
  if (normal.includes('\0')) return err('A password cannot contain a NUL character.');
  if (policy.requireUppercase && !/\p{Lu}/u.test(normal)) return err('Use at least one upper-case letter.');
  if (policy.requireNumbers && !/\p{N}/u.test(normal)) return err('Use at least one digit.');
  if (policy.requireSpecial && !/[^\p{L}\p{N}\s]/u.test(normal)) return err('Use at least one special character.');
  if (isCommon(normal)) return err('This password is known to attackers. Choose another one.');
  if (namesOwner(normal, owner)) return err('Do not use your e-mail address or user name as the password.');
  return ok(normal);
}

function isCommon(password: string): boolean {
  const lower = password.toLowerCase();
  // "Password1!" and "password2024" are the same idea as "password".
  const stem = lower.replace(/[\d\W_]+$/u, '');
  return COMMON_PASSWORDS.has(lower) || (stem.length >= 5 && COMMON_PASSWORDS.has(stem)) || isPattern(lower);
}

/** One character again and again, a short block repeated, or a run such as 12345678 or hgfedcba. */
function isPattern(password: string): boolean {
  if (/^(.{1,3})\1+$/su.test(password)) return true;
  const steps = new Set<number>();
  for (let i = 1; i < password.length; i++) steps.add(password.charCodeAt(i) - password.charCodeAt(i - 1));
  return steps.size === 1 && (steps.has(1) || steps.has(-1));
}

function namesOwner(password: string, owner: PasswordOwner): boolean {
  const lower = password.toLowerCase();
  const email = owner.email.toLowerCase();
  const names = [email, email.slice(0, email.lastIndexOf('@')), owner.username?.toLowerCase()];
  return names.some((name) => name !== undefined && name !== '' && lower === name);
}
