// Seam: oidc-provider accepts DPoP proofs for five minutes and any `jti`, and binds the refresh tokens of public clients only.
// Ours live for one minute (contract 2.10), and every family of refresh tokens keeps the key it began with (attack 10).
import { createDpopNonces, DPOP_ALGORITHMS, DPOP_WINDOW_SECONDS } from '@lumo/token-signing';
import Provider, { type Configuration, type KoaContextWithOIDC, type RefreshToken } from 'oidc-provider';
import type { EngineDeps, EngineOrg } from './engine-deps.js';

type DpopFeature = NonNullable<NonNullable<Configuration['features']>['dPoP']>;

export const DPOP_ALGS: NonNullable<NonNullable<Configuration['enabledJWA']>['dPoPSigningAlgValues']> = [
  ...DPOP_ALGORITHMS,
];

/** Also where nonces are not demanded there is one for a client whose clock is wrong (RFC 9449 section 8). */
export function dpop({ dpopNonceSecret }: EngineDeps, { id, settings }: EngineOrg): DpopFeature {
  return {
    enabled: true,
    nonceSecret: Buffer.from(dpopNonceSecret(id)),
    requireNonce: () => settings.security.dpopRequireNonce,
    allowReplay: false,
  };
}

/** Register it after what gives errors their face. */
export function tightenProofs(provider: Provider, { clock, dpopNonceSecret }: EngineDeps, { id }: EngineOrg): void {
  const nonces = createDpopNonces(dpopNonceSecret(id));
  provider.use(async (ctx, next) => {
    const proof = ctx.get('DPoP');
    const why = proof ? looseness(proof, clock.now()) : undefined;
    if (why === undefined) return next();
    ctx.status = 400;
    if (why === 'not_recent') ctx.set('DPoP-Nonce', nonces.next(clock.now()));
    ctx.body =
      why === 'not_recent'
        ? {
            error: 'use_dpop_nonce',
            error_description: 'The DPoP proof is not recent. Make it again, with the nonce of the header DPoP-Nonce.',
          }
        : { error: 'invalid_dpop_proof', error_description: 'The jti of a DPoP proof has 16 to 256 characters.' };
  });

  const save = provider.RefreshToken.prototype.save;
  provider.RefreshToken.prototype.save = function (this: RefreshToken, ...args: Parameters<typeof save>) {
    bindToKey(this, Provider.ctx);
    return save.apply(this, args);
  };
}

/** What of an unverified proof is too loose; undefined for what the engine shall judge. */
function looseness(proof: string, nowMs: number): 'not_recent' | 'bad_jti' | undefined {
  let claims: { readonly iat?: unknown; readonly jti?: unknown; readonly nonce?: unknown };
  try {
    claims = JSON.parse(Buffer.from(proof.split('.')[1] ?? '', 'base64url').toString()) ?? {};
  } catch {
    return undefined;
  }
  const { iat, jti, nonce } = claims;
  if (typeof jti === 'string' && !/^[\x21-\x7e]{16,256}$/.test(jti)) return 'bad_jti';
  if (nonce !== undefined || typeof iat !== 'number') return undefined;
  return Math.abs(nowMs / 1000 - iat) > DPOP_WINDOW_SECONDS ? 'not_recent' : undefined;
}

/** The first refresh token takes over the key of the access token beside it; its successors inherit it. */
function bindToKey(token: RefreshToken, ctx: KoaContextWithOIDC | undefined): void {
  const { AccessToken: accessToken, RotatedRefreshToken: before } = ctx?.oidc.entities ?? {};
  if (before || !accessToken?.jkt || token.jkt || token['x5t#S256']) return;
  token.jkt = accessToken.jkt;
}
