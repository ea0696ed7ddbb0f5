import { type HashCost, readSettings } from '@lumo/service';

/** What authn reads from its environment beside what the platform hands to it. */
export interface AuthnConfig {
  readonly hashCost: HashCost;
  readonly mutualTls: { readonly offered: boolean; readonly verifiesChains: boolean };
}

export function readAuthnConfig(env: Readonly<Record<string, string | undefined>>): AuthnConfig {
  const settings = readSettings(env);
  const offered = settings.LUMO_TLS_TERMINATORS.length > 0;
  return {
    hashCost: settings.LUMO_PASSWORD_COST,
    mutualTls: { offered, verifiesChains: offered && settings.LUMO_CLIENT_CERT_VERIFIED !== undefined },
  };
}
