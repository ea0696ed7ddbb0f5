import { err, isUuid, ok, type Result } from '@lumo/kit';
import type { Actor, Principal } from '@lumo/tenancy';
import type { Confirmation, JwtClaims } from '@lumo/token-signing';

/** What an access token says of its caller, and by which names it can be revoked. */
export interface TokenIdentity {
  readonly principal: Principal;
  /** The `sub` of the token and of every actor, spelled as in the token. */
  readonly subjects: readonly string[];
  readonly grantId?: string;
  /** Of a delegated token: the client that the user signed in to. */
  readonly originClientId?: string;
  readonly issuedAtSeconds: number;
  /** Absent for a bearer token. */
  readonly confirmation?: Confirmation;
}

export type TokenRefusal = 'unknown_subject' | 'bad_actor' | 'wrong_audience' | 'unknown_confirmation';

/** The deepest chain that is read at all; what an org allows is decided where tokens are exchanged. */
const MAX_ACTORS = 10;

/**
 * Turns verified claims (RFC 9068) into a principal.
 * `sub` spaces never overlap: a UUID is a user, `agent_<agt id>` an agent, `client_<cli id>` a client, so that no client
 * can choose an id that reads as a person (RFC 9700 section 4.15). A token that was issued for another resource is refused
 * (RFC 9700 section 2.3), and so is one that is bound in a way that this gateway cannot check.
 */
export function readTokenIdentity(
  claims: JwtClaims,
  accepted: { readonly issuer: string },
): Result<TokenIdentity, TokenRefusal> {
  const confirmation = readConfirmation(claims.cnf);
  if (confirmation === 'unknown') return err('unknown_confirmation');
  const clientId = text(claims.client_id);
  if (!isForThisApi(claims.aud, accepted.issuer, clientId)) return err('wrong_audience');
  const subject = readSubject(claims.sub);
  if (!subject) return err('unknown_subject');
  const chain = readActors(claims.act);
  if (!chain) return err('bad_actor');
  const grantId = text(claims.grant_id);
  const originClientId = text(claims.origin_client_id);
  const tokenId = text(claims.jti);
  const name = text(claims.name) ?? text(claims.agent_name);
  return ok({
    principal: {
      type: subject.type,
      id: subject.id,
      ...(name !== undefined && { name }),
      scopes: scopesOf(claims),
      actors: chain.actors,
      ...(clientId !== undefined && { clientId }),
      ...(tokenId !== undefined && { tokenId }),
      issuedAtSeconds: claims.iat,
      ...(typeof claims.auth_time === 'number' && { authTimeSeconds: claims.auth_time }),
      ...(typeof claims.acr === 'string' && { acr: claims.acr }),
      ...authMethodsOf(claims.amr),
    },
    subjects: [claims.sub ?? '', ...chain.subjects],
    ...(grantId !== undefined && { grantId }),
    ...(originClientId !== undefined && { originClientId }),
    issuedAtSeconds: claims.iat,
    ...(confirmation && { confirmation }),
  });
}

/** A binding that is not understood must not turn a bound token into a bearer token. */
function readConfirmation(cnf: unknown): Confirmation | undefined | 'unknown' {
  if (cnf === undefined) return undefined;
  if (typeof cnf !== 'object' || cnf === null) return 'unknown';
  const { jkt, 'x5t#S256': x5t, ...others } = cnf as Record<string, unknown>;
  const known = { ...(typeof jkt === 'string' && { jkt }), ...(typeof x5t === 'string' && { x5t }) };
  return Object.keys(others).length > 0 || Object.keys(known).length === 0 ? 'unknown' : known;
}

/** Reads a `sub` of this platform; undefined where it names no one. */
export function readSubject(sub: unknown): Actor | undefined {
  if (typeof sub !== 'string') return undefined;
  if (isUuid(sub)) return { type: 'user', id: sub };
  const agent = /^agent_([A-Za-z0-9_-]{1,128})$/.exec(sub)?.[1];
  if (agent) return { type: 'agent', id: agent };
  const client = /^client_([\x21-\x7e]{1,512})$/.exec(sub)?.[1];
  return client ? { type: 'client', id: client } : undefined;
}

/** `act` nests with the current actor outermost (RFC 8693 section 4.1); the result runs from first to current. */
function readActors(act: unknown): { actors: readonly Actor[]; subjects: readonly string[] } | undefined {
  const actors: Actor[] = [];
  const subjects: string[] = [];
  let level: unknown = act;
  while (level !== undefined) {
    if (actors.length === MAX_ACTORS || typeof level !== 'object' || level === null) return undefined;
    const { sub, act: earlier } = level as { sub?: unknown; act?: unknown };
    const actor = readSubject(sub);
    if (!actor) return undefined;
    actors.unshift(actor);
    subjects.unshift(sub as string);
    level = earlier;
  }
  return { actors, subjects };
}

/** This API is named by the issuer of the org; a token without a resource names its client (contract 2.5). */
function isForThisApi(aud: JwtClaims['aud'], issuer: string, clientId: string | undefined): boolean {
  const audiences = aud === undefined ? [] : typeof aud === 'string' ? [aud] : aud;
  return audiences.includes(issuer) || (clientId !== undefined && audiences.includes(clientId));
}

function scopesOf(claims: JwtClaims): readonly string[] {
  const scopes = typeof claims.scope === 'string' ? claims.scope.split(' ').filter(Boolean) : [];
  if (!Array.isArray(claims.capabilities)) return scopes;
  return [...new Set([...scopes, ...claims.capabilities.filter((item) => typeof item === 'string')])];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function authMethodsOf(amr: unknown): { readonly authMethods?: readonly string[] } {
  const methods = Array.isArray(amr) ? amr.filter((method) => typeof method === 'string').slice(0, 10) : [];
  return methods.length > 0 ? { authMethods: methods } : {};
}
