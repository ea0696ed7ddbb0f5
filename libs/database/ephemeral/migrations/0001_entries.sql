-- Short-lived values. UNLOGGED: a crash of PostgreSQL empties the table, which its users are told to expect, and writes
-- cost no WAL. Keys carry namespace and org.
create unlogged table entries (
  key text primary key,
  value text not null,
  expires_at timestamptz not null
) with (fillfactor = 80);

create index entries_expires_at on entries (expires_at);
