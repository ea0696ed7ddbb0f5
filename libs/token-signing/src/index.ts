export {
  isSigningAlgorithm,
  SIGNATURE_SCHEMES,
  SIGNING_ALGORITHMS,
  type SignatureScheme,
  type SigningAlgorithm,
} from './algorithms.js';
export {
  createDecryptionKey,
  DECRYPTION_ALGS,
  DECRYPTION_ENCS,
  type DecryptionKey,
  type EncryptionJwk,
} from './decryption-key.js';
export {
  createDpopVerifier,
  DPOP_ALGORITHMS,
  DPOP_REPLAY_SECONDS,
  DPOP_WINDOW_SECONDS,
  type DpopExpectation,
  type DpopProof,
  type DpopRefusal,
  jwkThumbprint,
  type VerifyDpop,
} from './dpop.js';
export { createDpopNonces, type DpopNonces, dpopNonceLabel } from './dpop-nonces.js';
export { createEncryptedKeyManagement, type EncryptedKeyManagementOptions } from './encrypted-key-management.js';
export { JWKS_CACHE_CONTROL, JWKS_MAX_AGE_SECONDS, type JwksDocument, jwksDocument } from './jwks.js';
export { createJwksCache, type JwksCacheOptions } from './jwks-cache.js';
export type { GeneratedKey, KeyManagement } from './key-management.js';
export { createKeySets, type KeySets, type KeySetsOptions, type Succession } from './key-sets.js';
export { createFixedKeySource, type KeySource } from './key-source.js';
export { createMasterKey, type MasterKey } from './master-key.js';
export { createMasterKeyRing, type MasterKeyRing } from './master-key-ring.js';
export { type JwtClaims, type MintRequest, mintJwt, type SignWithKey } from './mint-jwt.js';
export { planRotation, type RotationStep } from './plan-rotation.js';
export {
  checkRotationPolicy,
  DEFAULT_ROTATION_POLICY,
  MAX_KEY_SET_CACHE_SECONDS,
  type RotationPolicy,
} from './rotation-policy.js';
export {
  type Confirmation,
  createSenderConstraint,
  DPOP_ALGS,
  holdsKeysOf,
  type PresentedToken,
  type ProvedSender,
  type ReplayMarks,
  type SenderConstraint,
  type SenderConstraintOptions,
  type SenderProof,
  type SenderRefusal,
} from './sender-constraint.js';
export type { PublicJwk, SealedPrivateKey, SigningKey, SigningKeyState } from './signing-key.js';
export type { KeyChange, SigningKeyStore } from './signing-key-store.js';
export { type HeaderRefusal, MAX_TOKEN_CHARS, readTokenHeader, type TokenHeader } from './token-header.js';
export { createTokenVerifier, type TokenVerifier, type TokenVerifierOptions } from './token-verifier.js';
export { importVerificationKey, type VerificationKey } from './verification-key.js';
export { type JwsRefusal, type VerifiedJws, verifyCompact } from './verify-compact.js';
export { type JwtExpectation, type JwtRefusal, type VerifiedJwt, verifyJwt } from './verify-jwt.js';
