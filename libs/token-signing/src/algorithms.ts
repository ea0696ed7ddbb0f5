import { constants, type KeyObject, type SignKeyObjectInput } from 'node:crypto';

/** The algorithms an org may sign with. Symmetric ones are absent on purpose (RFC 8725 sections 2.2 and 3.5). */
export const SIGNING_ALGORITHMS = ['ES256', 'RS256', 'EdDSA', 'PS256'] as const;

export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

export function isSigningAlgorithm(value: unknown): value is SigningAlgorithm {
  return SIGNING_ALGORITHMS.some((alg) => alg === value);
}

/** How node:crypto makes the signature of one JWS algorithm (RFC 7518 section 3, RFC 8037 section 3.1). */
export interface SignatureScheme {
  readonly digest: 'sha256' | null;
  /** RSA takes most of a millisecond: it goes to the thread pool. The others cost less than the way there. */
  readonly offThread: boolean;
  input(key: KeyObject): SignKeyObjectInput;
}

export const SIGNATURE_SCHEMES: Readonly<Record<SigningAlgorithm, SignatureScheme>> = {
  // JWS wants r and s side by side, not DER.
  ES256: { digest: 'sha256', offThread: false, input: (key) => ({ key, dsaEncoding: 'ieee-p1363' }) },
  EdDSA: { digest: null, offThread: false, input: (key) => ({ key }) },
  RS256: { digest: 'sha256', offThread: true, input: (key) => ({ key, padding: constants.RSA_PKCS1_PADDING }) },
  PS256: {
    digest: 'sha256',
    offThread: true,
    input: (key) => ({ key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
  },
};
