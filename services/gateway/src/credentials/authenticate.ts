import { ANONYMOUS, type Org, type Principal } from '@lumo/tenancy';
import type { PresentedToken, SenderConstraint, SenderProof, SenderRefusal } from '@lumo/token-signing';
import type { PresentedCredential } from '../core/presented-credential.js';
import type { KnownApiKey } from '../ports.js';
import type { AccessTokens, VerifiedToken } from './access-tokens.js';
import type { OpaqueKeys } from './opaque-keys.js';
import type { OpaqueTokens } from './opaque-tokens.js';
import type { RevocationFeed } from './revocation-feed.js';

/** What became of a credential. */
export type Authentication =
  | { readonly kind: 'anonymous' }
  | {
      readonly kind: 'known';
      readonly principal: Principal;
      readonly org?: Org;
      /** For the next DPoP proof (RFC 9449 section 8.2). */
      readonly nonce?: string;
    }
  /** Not accepted; `why` is public and says nothing that helps guessing. */
  | { readonly kind: 'refused'; readonly why: string; readonly sender?: SenderRefusal }
  /** Cannot be decided now, so it is not accepted. */
  | { readonly kind: 'undecided' };

/** One credential, or none. */
export type SingleCredential = Exclude<PresentedCredential, { readonly kind: 'conflict' }>;

/** Verifies what a request presents. Rejects where the identity service is needed and does not answer. */
export interface Authenticator {
  /** A person, agent, client or API key of an org. */
  ofOrg(presented: SingleCredential, proof: SenderProof): Promise<Authentication>;
  /** The operator of the installation. */
  ofInstance(presented: SingleCredential): Promise<Authentication>;
}

export interface AuthenticatorOptions {
  readonly tokens: AccessTokens;
  readonly opaqueTokens: OpaqueTokens;
  readonly senders: SenderConstraint;
  readonly apiKeys: OpaqueKeys<KnownApiKey>;
  readonly instanceKeys: OpaqueKeys<string>;
  readonly revocations: Pick<RevocationFeed, 'isFresh' | 'isRevoked'>;
}

const NOBODY: Authentication = { kind: 'anonymous' };
const UNKNOWN: Authentication = { kind: 'refused', why: 'The credential is unknown, expired or revoked.' };

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { tokens, opaqueTokens, senders, apiKeys, instanceKeys, revocations } = options;

  const isRevoked = ({ org, principal, subjects, grantId, originClientId, issuedAtSeconds }: VerifiedToken): boolean =>
    revocations.isRevoked({
      orgId: org.id,
      ...(principal.tokenId !== undefined && { tokenId: principal.tokenId }),
      ...(principal.clientId !== undefined && { clientId: principal.clientId }),
      ...(grantId !== undefined && { grantId }),
      ...(originClientId !== undefined && { originClientId }),
      subjects,
      issuedAtSeconds,
    });

  const byToken = async (
    token: string,
    scheme: PresentedToken['scheme'],
    isOpaque: boolean,
    proof: SenderProof,
  ): Promise<Authentication> => {
    if (!revocations.isFresh()) return { kind: 'undecided' };
    const verified = await (isOpaque ? opaqueTokens : tokens).verify(token);
    if (!verified.ok || isRevoked(verified.value)) return UNKNOWN;
    const { org, principal, confirmation } = verified.value;
    const sent = await senders.check({ scheme, token, confirmation, orgId: org.id }, proof);
    if (!sent.ok) return { kind: 'refused', why: sent.error.why, sender: sent.error };
    return { kind: 'known', principal, org, ...sent.value };
  };

  const byKey = async (key: string): Promise<Authentication> => {
    // A key that was deleted or changed since it was looked up: the feed knows before the memory forgets.
    const known = await apiKeys.find(key, ({ org, keyId }, askedMs) =>
      revocations.isRevoked({ orgId: org.id, subjects: [keyId], issuedAtSeconds: Math.floor(askedMs / 1000) }),
    );
    if (!known) return UNKNOWN;
    const { org, keyId, name, scopes } = known;
    return { kind: 'known', org, principal: { type: 'api_key', id: keyId, name, scopes, actors: [] } };
  };

  return {
    async ofOrg(presented, proof) {
      switch (presented.kind) {
        case 'none':
          return NOBODY;
        case 'jwt':
        case 'opaque':
          return byToken(presented.token, 'bearer', presented.kind === 'opaque', proof);
        case 'key':
          return byKey(presented.key);
        case 'dpop':
          return byToken(presented.token, 'dpop', presented.opaque, proof);
        case 'malformed':
          return { kind: 'refused', why: presented.why };
      }
    },
    async ofInstance(presented) {
      if (presented.kind === 'none') return NOBODY;
      if (presented.kind === 'malformed') return { kind: 'refused', why: presented.why };
      if (presented.kind !== 'key') return UNKNOWN;
      const keyId = await instanceKeys.find(presented.key);
      if (keyId === undefined) return UNKNOWN;
      return { kind: 'known', principal: { ...ANONYMOUS, type: 'instance', id: keyId } };
    },
  };
}
