import { err, ok, type Result } from '@lumo/kit';
import type { JwtClaims } from '@lumo/token-signing';
import { readActChain } from './act-chain.js';
import { readSubject, type Subject, subjectClaim } from './subject.js';

export { holdsKeysOf } from '@lumo/token-signing';

/** Under which model opaque access tokens are stored: the payload is the claims that a structured one would have. */
export const OPAQUE_TOKENS = 'OpaqueToken';

/** An access token of this org, as its claims tell it. The signature was checked; whether it still counts was not. */
export interface IssuedToken {
  readonly claims: JwtClaims;
  readonly subject: Subject;
  readonly clientId: string;
  /** Of a delegated token: the client that the user signed in to; with it the delegation ends. */
  readonly originClientId?: string;
  readonly scopes: readonly string[];
  readonly tokenId: string;
  readonly grantId?: string;
  /** Agents that act, first delegate first; empty for a token that was not delegated. */
  readonly chain: readonly string[];
  readonly delegationId?: string;
  /** Whether the token names who may become actor (RFC 8693 section 4.4). */
  readonly mayAct?: { readonly sub?: unknown };
  /** What the sender must prove to hold (RFC 9449 section 6, RFC 8705 section 3.1); absent for a bearer token. */
  readonly confirmation?: { readonly jkt?: string; readonly x5t?: string };
  readonly issuedAt: Date;
  /** Epoch seconds. */
  readonly expiresAt: number;
}

/** Every `sub` by which the token can be revoked: its own and that of each actor. */
export function subjectsOf(token: IssuedToken): readonly string[] {
  return [subjectClaim(token.subject), ...token.chain.map((id) => subjectClaim({ type: 'agent', id }))];
}

/** Agents without whom the token is nothing: its subject, or its actors. */
export function agentsOf(token: IssuedToken): readonly string[] {
  return token.subject.type === 'agent' ? [token.subject.id, ...token.chain] : token.chain;
}

/** Reads verified claims; refuses what this platform does not write, also where the signature is ours. */
export function readIssuedToken(claims: JwtClaims): Result<IssuedToken, 'not_ours'> {
  const subject = readSubject(claims.sub);
  const chain = readActChain(claims, claims.iss);
  const { client_id: clientId, jti, grant_id: grantId, scope, delegation_id: delegationId, may_act: mayAct } = claims;
  const { origin_client_id: originClientId } = claims;
  const confirmation = readConfirmation(claims.cnf);
  if (confirmation === 'unknown') return err('not_ours');
  if (!subject || !chain || typeof clientId !== 'string' || typeof jti !== 'string') return err('not_ours');
  return ok({
    claims,
    subject,
    clientId,
    ...(typeof originClientId === 'string' && { originClientId }),
    scopes: typeof scope === 'string' ? scope.split(' ').filter(Boolean) : [],
    tokenId: jti,
    ...(typeof grantId === 'string' && { grantId }),
    chain,
    ...(typeof delegationId === 'string' && { delegationId }),
    ...(confirmation && { confirmation }),
    ...(mayAct !== undefined && { mayAct: mayAct as { sub?: unknown } }),
    issuedAt: new Date(claims.iat * 1000),
    expiresAt: claims.exp,
  });
}

/** The `cnf` claim of a token (RFC 7800). */
export function confirmationClaim({
  jkt,
  x5t,
}: NonNullable<IssuedToken['confirmation']>): Readonly<Record<string, string>> {
  return { ...(jkt !== undefined && { jkt }), ...(x5t !== undefined && { 'x5t#S256': x5t }) };
}

/** A binding that this version does not know must not turn a bound token into a bearer token. */
function readConfirmation(cnf: unknown): IssuedToken['confirmation'] | 'unknown' {
  if (cnf === undefined) return undefined;
  if (typeof cnf !== 'object' || cnf === null) return 'unknown';
  const { jkt, 'x5t#S256': x5t, ...others } = cnf as Record<string, unknown>;
  const known = { ...(typeof jkt === 'string' && { jkt }), ...(typeof x5t === 'string' && { x5t }) };
  return Object.keys(others).length > 0 || Object.keys(known).length === 0 ? 'unknown' : known;
}
