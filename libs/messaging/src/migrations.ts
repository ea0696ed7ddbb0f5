/** The folder with the tables of outbox, inbox and dead letters: run in every service's schema before its own migrations. */
export const MESSAGING_MIGRATIONS = new URL('../migrations/', import.meta.url);
