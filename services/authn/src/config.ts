import { type HashCost, readSettings } from '@lumo/service';

/** What authn reads from its environment beside what the platform hands to it. */
export interface AuthnConfig {
  readonly hashCost: HashCost;
}

export function readAuthnConfig(env: Readonly<Record<string, string | undefined>>): AuthnConfig {
  return { hashCost: readSettings(env).LUMO_PASSWORD_COST };
}
