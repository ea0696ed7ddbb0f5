/** A request of a client that a person answers somewhere else than the client can see. */
export interface Approval {
  readonly id: string;
  readonly kind: 'device' | 'ciba';
  /** SHA-256 of what the client polls with. */
  readonly artifactSha256: Buffer;
  /** Who is asked; undefined where whoever has the code may answer. */
  readonly userId?: string;
  readonly clientId: string;
  readonly request: ApprovalRequest;
  /** How to tell the client, sealed. */
  readonly notification?: Buffer;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export interface ApprovalRequest {
  readonly scopes: readonly string[];
  readonly resources: readonly string[];
  /** The same text stands on both devices (CIBA section 7.1). */
  readonly bindingMessage?: string;
  readonly ip?: string;
  readonly userAgent?: string;
}

/** RFC 8628 section 6.1: no vowels, so that no code is a word; no letter that looks like another. */
const USER_CODE = /^[BCDFGHJKLMNPQRSTVWXZ]{8}$/;

/** What a person typed, as it was made: any case, with or without the dash. Undefined for what can be no code. */
export function parseUserCode(typed: string): string | undefined {
  const code = typed.slice(0, 64).replace(/[\s-]/g, '').toUpperCase();
  return USER_CODE.test(code) ? code : undefined;
}

/** `BCDF-GHJK`, as devices show it. */
export function formatUserCode(code: string): string {
  return `${code.slice(0, 4)}-${code.slice(4)}`;
}

/** Wrong codes that one address may try in a minute (RFC 8628 section 5.1): of 2.5 · 10¹⁰ codes it finds none. */
export const USER_CODE_TRIES_PER_MINUTE = 5;

/** Codes live this long (contract 2.8), requests of CIBA five minutes unless the client asks for less (contract 2.12). */
export const DEVICE_CODE_SECONDS = 600;
export const CIBA_SECONDS = 300;

/** `requested_expiry` in seconds, within what is sensible; what is no number the engine has refused by then. */
export function cibaSeconds(requested: unknown): number {
  const seconds = Number(requested);
  return Number.isSafeInteger(seconds) && seconds > 0 ? Math.min(seconds, DEVICE_CODE_SECONDS) : CIBA_SECONDS;
}

/** How often a client may ask (RFC 8628 section 3.5). */
export const POLL_SECONDS = 5;

/** CIBA section 7.1: short, plain text that people compare; nothing that could be markup or a link. */
export function isBindingMessage(text: string): boolean {
  return /^[\p{L}\p{N} .,:#_+!?-]{1,64}$/u.test(text);
}
