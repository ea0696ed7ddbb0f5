-- Events on their way out, on their way in, and those that were given up. Every service's schema has these three tables.
-- Besides the org policy that every tenant table gets, the migration runner lets a relay transaction (app.relay) see them
-- across orgs: RELAY_TABLES of @lumo/database.

-- Facts about committed changes that their subscribers do not have yet. A row leaves when all of them have it.
create table outbox (
  id uuid not null,
  org_id uuid not null,
  org_slug text not null,
  name text not null,
  -- json, not jsonb: nobody looks inside.
  event json not null,
  -- W3C trace context of the work that made the change.
  traceparent text,
  attempts integer not null default 0,
  not_before timestamptz not null default now(),
  primary key (org_id, id)
);

-- The relay reads in order of creation (UUID v7) over all orgs.
create index outbox_in_order on outbox (id);

-- What was applied already, as long as it can come again.
create table inbox (
  org_id uuid not null,
  event_id uuid not null,
  applied_at timestamptz not null default now(),
  primary key (org_id, event_id)
);

-- Events that this service could not apply, with the last error.
create table dead_letters (
  org_id uuid not null,
  event_id uuid not null,
  org_slug text not null,
  event json not null,
  traceparent text,
  error text not null,
  attempts integer not null,
  failed_at timestamptz not null default now(),
  primary key (org_id, event_id)
);

-- Queues: rows live for milliseconds. Vacuum by the number of dead rows, not by a share of a table that is mostly empty.
alter table outbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
alter table inbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
