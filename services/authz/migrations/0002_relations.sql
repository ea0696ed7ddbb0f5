-- Relations between things and people: stores, models, tuples and the log of their changes; and, for each organization, at
-- which revision the data of each engine changed last, so that a tuple does not make roles be read again.

alter table graph_revisions
  add column roles_at bigint not null default 0,
  add column relations_at bigint not null default 0,
  add column policies_at bigint not null default 0,
  -- Steps of roles up to here are no longer kept.
  add column roles_pruned bigint not null default 0;

update graph_revisions r
   set roles_at = revision,
       roles_pruned = coalesce((select min(c.revision) - 1 from graph_changes c where c.org_id = r.org), r.revision);

-- A process of the version before moves the revision and says nothing else: what it changed was roles, and it keeps 256 steps.
create function graph_revision_of_an_older_process() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if greatest(new.roles_at, new.relations_at, new.policies_at) < new.revision then
      new.roles_at := new.revision;
    end if;
  elsif new.revision > old.revision and greatest(new.roles_at, new.relations_at, new.policies_at) < new.revision then
    new.roles_at := new.revision;
    new.roles_pruned := greatest(old.roles_pruned, new.revision - 256);
  end if;
  return new;
end $$;
create trigger graph_revision_of_an_older_process before insert or update on graph_revisions
  for each row execute function graph_revision_of_an_older_process();

-- One row: the history that revisions belong to. Another history (the database was restored) has another epoch, and tokens of
-- the first mean nothing in it. Delete the row after restoring a physical copy; a server with another identity is noticed.
create table storage_epoch (
  one boolean primary key default true check (one),
  epoch text not null,
  system_identifier text not null,
  begun_at timestamptz not null default now()
);

-- A graph of its own: its models and its tuples. The one that an organization uses without naming one has the id that its own
-- UUID makes, and comes into being with its first model.
create table relation_stores (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid,
  -- ULID.
  id text collate "C" not null,
  -- Stands for the id in rows; unique in the installation.
  number integer generated always as identity,
  name text not null,
  -- When its models or tuples changed last.
  revision bigint not null default 0,
  -- The model that counts where a question names none.
  model_id text,
  -- Changes up to here are no longer kept.
  pruned bigint not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- Its rows are removed piece by piece after this.
  deleted_at timestamptz,
  primary key (org_id, id),
  unique (org_id, number)
);

-- Written once, never changed.
create table relation_models (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid,
  store integer not null,
  -- ULID.
  id text collate "C" not null,
  -- SHA-256 of `model`, base64url: the same text is compiled once, whoever wrote it.
  hash text not null,
  -- Canonical JSON.
  model text not null,
  revision bigint not null,
  created_at timestamptz not null default now(),
  primary key (org_id, store, id),
  foreign key (org_id, store) references relation_stores (org_id, number) on delete cascade
);
create unique index relation_models_by_revision on relation_models (org_id, store, revision);

-- Text is compared byte by byte: ids that differ in case or normal form are different. Without a reference to the store: it
-- would be checked for each of a thousand rows of a write, under the lock of the organization, and stores are never deleted
-- before their rows.
create table relation_tuples (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid,
  store integer not null,
  object_type text collate "C" not null,
  object_id text collate "C" not null,
  relation text collate "C" not null,
  -- `user:anne`, `group:x#member`, `user:*`.
  subject text collate "C" not null,
  condition text,
  -- JSON as text: jsonb refuses a NUL that JSON can carry.
  context text,
  revision bigint not null,
  written_at timestamptz not null,
  primary key (org_id, store, object_type, object_id, relation, subject)
);
-- In the order of the primary key, so that a page of one subject's tuples continues like every other.
create index relation_tuples_by_subject on relation_tuples (org_id, store, subject, object_type, object_id, relation);

-- What each committed write did, in the order of commits: watchers, replicas and auditors read it.
create table relation_changes (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid,
  store integer not null,
  revision bigint not null,
  at timestamptz not null,
  -- The types of the objects that `ops` is about.
  types text[] not null,
  ops json not null,
  primary key (org_id, store, revision)
);

-- Answers of writes that came with an idempotency key.
create table idempotency_keys (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid,
  -- What the key is unique within.
  scope text not null,
  key text not null,
  -- SHA-256 of the request.
  request text not null,
  answer json not null,
  created_at timestamptz not null default now(),
  primary key (org_id, scope, key)
);
create index idempotency_keys_by_age on idempotency_keys (org_id, created_at);
