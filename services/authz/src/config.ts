import { readSettings } from '@lumo/service';

/** What authz reads from its environment beside what the platform hands to it. */
export interface AuthzConfig {
  /** Memory for relation tuples, in bytes. */
  readonly relationBytes: number;
  /** How long changes of relations are kept, in milliseconds. */
  readonly keptChangesMs: number;
}

export function readAuthzConfig(env: Readonly<Record<string, string | undefined>>): AuthzConfig {
  const settings = readSettings(env);
  return {
    relationBytes: settings.LUMO_RELATION_MEMORY * 1024 * 1024,
    keptChangesMs: settings.LUMO_RELATION_CHANGES_DAYS * 86_400_000,
  };
}
