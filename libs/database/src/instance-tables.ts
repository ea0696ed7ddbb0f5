/**
 * Tables without `org_id`, each with the reason why its rows belong to no organization (or are found before one is known).
 * The migration runner refuses every other table without `org_id`, and `checkTenantTables` proves it on the catalogue.
 */
export const INSTANCE_TABLES: Readonly<Record<string, string>> = {
  'authz.graph_revisions': 'An id and a counter for each org: one statement asks which of all orgs changed.',
  'authz.storage_epoch': 'One row for the installation: which history the revisions of all orgs belong to.',
  'authn.orgs': 'The list of organizations itself: a request names a slug before anything else is known.',
  'authn.api_key_index':
    'A request with only a key in hand finds its organization here: a hash and an org, nothing else.',
  'gateway.rate_budgets': 'Counters of requests; the owner (org and credential, or address) is part of every key.',
  'authn.revocations':
    'Every gateway reads what died in all organizations from one place: ids and times, nothing else.',
  'ephemeral.entries': 'Short-lived values; the org of the context is part of every key.',
};

/**
 * Tables that a service may read and extend and never change: its role gets SELECT and INSERT only.
 */
export const APPEND_ONLY_TABLES: Readonly<Record<string, string>> = {
  'audit.log': 'Nobody changes what happened, the service that writes it down included.',
  'audit.log_chain_actors': 'Belongs to the records of audit.log.',
};

/**
 * Schemas that a library builds and alters itself: their role owns them, nothing in them is stamped, and no service's
 * rows live there.
 */
export const SELF_MANAGED_SCHEMAS: Readonly<Record<string, string>> = {
  jobs: 'pg-boss creates and upgrades its queue tables itself; a job carries its org as a sealed context.',
};

/**
 * Tables that the relay of their schema drains, tidies and counts across organizations, inside `relayTransaction` only. They have `org_id` and
 * the org policy like every other table, and policies that open read, update and delete while `app.relay` is 'on'.
 */
export const RELAY_TABLES: ReadonlySet<string> = new Set(['outbox', 'inbox', 'dead_letters']);
