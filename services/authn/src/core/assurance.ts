/**
 * How strongly a person was recognised, strongest first: one value for each tier of factors (contract 2.9 and 7.3). A
 * password alone is the last of them.
 */
export const ACR_VALUES = [
  'urn:lumoauth:acr:tier1',
  'urn:lumoauth:acr:tier2',
  'urn:lumoauth:acr:tier3',
  'urn:lumoauth:acr:tier4',
] as const;

export type AcrValue = (typeof ACR_VALUES)[number];

/** The value for the methods (RFC 8176) of a sign-in. */
export function acrOf(amr: readonly string[]): AcrValue {
  if (amr.includes('hwk') || amr.includes('swk')) return 'urn:lumoauth:acr:tier1';
  return amr.includes('mfa') ? 'urn:lumoauth:acr:tier3' : 'urn:lumoauth:acr:tier4';
}
