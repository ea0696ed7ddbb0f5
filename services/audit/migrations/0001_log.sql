-- The log of an organization: numbered without gaps, each record chained to the one before it by its hash.

create table log (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid,
  -- 1, 2, 3 … within the org; the id of the public API.
  seq bigint not null check (seq > 0),
  event_id uuid not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null,
  name text not null,
  category text not null,
  severity text not null,
  result text not null,
  actor_type text not null,
  actor_id text not null,
  actor_name text,
  -- The agents that acted for the actor, first delegate first: [{"type": …, "id": …}].
  actor_chain jsonb not null,
  target_type text,
  target_id text,
  target_name text,
  -- Lower case; the person it is about, where the event tells.
  user_email text,
  ip text,
  user_agent text,
  request_id text not null,
  trace_id text,
  data jsonb not null,
  -- SHA-256 over the hash of the record before and this record as canonical JSON.
  hash bytea not null check (length(hash) = 32),
  primary key (org_id, seq),
  constraint log_event_key unique (org_id, event_id)
);

create index log_by_time on log (org_id, occurred_at, seq) include (name, severity);
create index log_by_name on log (org_id, name, seq);
create index log_by_actor on log (org_id, actor_id, seq);
create index log_by_target on log (org_id, target_id, seq) where target_id is not null;
create index log_by_email on log (org_id, user_email, seq) where user_email is not null;
-- The interesting few.
create index log_unsuccessful on log (org_id, result, seq) where result <> 'success';
create index log_severe on log (org_id, severity, seq) where severity <> 'info';

-- Which agents acted in a record besides its actor, to find it by any of them.
create table log_chain_actors (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid,
  actor_id text not null,
  seq bigint not null,
  primary key (org_id, actor_id, seq)
);

-- Which of these events stand in the log already. A plan made while the log was small, or before its first ANALYZE, would
-- read the whole log of the org for every batch: hence one look-up by key for each id, and no sequential scan.
create function known_events(ids uuid[]) returns setof uuid
  language sql stable set enable_seqscan = off
begin atomic
  select id from unnest(ids) as id where (select true from log where event_id = id);
end;

-- Where the chain of an org stands. Locked by whoever appends.
create table chain_heads (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid primary key,
  seq bigint not null check (seq >= 0),
  hash bytea not null check (length(hash) = 32)
);

-- The role of the service has no right to change records; this also stops the owner, and says why.
create function refuse_log_change() returns trigger language plpgsql as $$
begin
  raise exception 'the audit log is append-only: % on % is refused', tg_op, tg_table_name
    using errcode = 'insufficient_privilege';
end
$$;

create trigger log_is_append_only before update or delete on log
  for each row execute function refuse_log_change();
create trigger log_is_not_truncated before truncate on log
  for each statement execute function refuse_log_change();
create trigger log_chain_actors_is_append_only before update or delete on log_chain_actors
  for each row execute function refuse_log_change();
create trigger log_chain_actors_is_not_truncated before truncate on log_chain_actors
  for each statement execute function refuse_log_change();

-- A head only moves forward, by as many records as were appended.
create function refuse_chain_rewind() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and new.org_id = old.org_id and new.seq > old.seq then
    return new;
  end if;
  raise exception 'the head of an audit chain only moves forward: % is refused', tg_op
    using errcode = 'insufficient_privilege';
end
$$;

create trigger chain_heads_move_forward before update or delete on chain_heads
  for each row execute function refuse_chain_rewind();
create trigger chain_heads_are_not_truncated before truncate on chain_heads
  for each statement execute function refuse_chain_rewind();
