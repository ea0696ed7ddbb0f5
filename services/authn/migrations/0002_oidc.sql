-- What the protocol engine keeps: browser sessions, consents, grants and what was issued from them, signing keys,
-- revocations. Values that open something when they are presented (session cookies, codes, refresh tokens, sign-in
-- transactions) are stored as SHA-256 only.
-- Instance table (no org_id; on the explained list of @lumo/database): revocations.

create table sessions (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid references orgs (id),
  id_hash bytea not null check (length(id_hash) = 32),
  -- Stays the same when the cookie is renewed.
  uid text not null,
  user_id uuid not null,
  payload jsonb not null,
  ip text,
  user_agent text,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  expires_at timestamptz not null,
  primary key (org_id, id_hash)
);

create index sessions_by_uid on sessions (org_id, uid);
create index sessions_by_user on sessions (org_id, user_id);
create index sessions_by_expiry on sessions (org_id, expires_at);

-- What a person allowed a client to do, remembered over sessions.
create table consents (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid references orgs (id),
  user_id uuid not null,
  client_id text not null,
  scopes text[] not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (org_id, user_id, client_id),
  foreign key (org_id, user_id) references users (org_id, id) on delete cascade,
  foreign key (org_id, client_id) references clients (org_id, client_id) on delete cascade
);

create index consents_by_client on consents (org_id, client_id);

-- One sign-in session at one client: the family of every code and token issued in it. Deleting it ends them all.
create table grants (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid references orgs (id),
  -- Stands in access tokens as `grant_id`; nobody can present it to get something.
  id text not null,
  session_uid text not null,
  user_id uuid not null,
  client_id text not null,
  payload jsonb not null,
  -- The longest access token that was issued from it, in seconds: how long a revocation must be remembered.
  access_token_seconds integer not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (org_id, id),
  constraint grants_of_session unique (org_id, session_uid, client_id),
  foreign key (org_id, user_id) references users (org_id, id) on delete cascade,
  foreign key (org_id, client_id) references clients (org_id, client_id) on delete cascade
);

create index grants_by_user on grants (org_id, user_id);
create index grants_by_client on grants (org_id, client_id);
create index grants_by_expiry on grants (org_id, expires_at);

-- Codes, refresh tokens, sign-in transactions, replay marks.
create table artifacts (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid references orgs (id),
  model text not null,
  id_hash bytea not null check (length(id_hash) = 32),
  grant_id text,
  payload jsonb not null,
  -- When it was used for the first time, and how often since.
  consumed_at timestamptz,
  uses integer not null default 0,
  expires_at timestamptz not null,
  primary key (org_id, model, id_hash),
  -- Nothing can be issued from a grant that has just been revoked.
  constraint artifacts_of_grant foreign key (org_id, grant_id) references grants (org_id, id) on delete cascade
);

create index artifacts_by_grant on artifacts (org_id, grant_id) where grant_id is not null;
create index artifacts_by_expiry on artifacts (org_id, expires_at);

create table signing_keys (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid references orgs (id),
  kid text not null,
  alg text not null,
  state text not null check (state in ('next', 'active', 'retired')),
  public_jwk jsonb not null,
  -- Which master key sealed the private one.
  master_key_id text not null,
  sealed bytea not null,
  created_at timestamptz not null,
  activated_at timestamptz,
  retired_at timestamptz,
  expires_at timestamptz,
  primary key (org_id, kid)
);

-- What stopped being valid before its time. Gateways read it across organizations, after a position: the transaction
-- that wrote a row. `org` is filtered by every query that answers for one org.
create table revocations (
  id bigint generated always as identity primary key,
  written_by xid8 not null default pg_current_xact_id(),
  org uuid not null,
  kind text not null check (kind in ('token', 'subject', 'client', 'grant')),
  -- jti, sub, client id or grant id.
  name text not null,
  -- Only what was issued before it; null: everything.
  not_before timestamptz,
  -- When everything it names has expired by itself.
  expires_at timestamptz not null
);

create index revocations_by_position on revocations (written_by);
create index revocations_by_name on revocations (org, kind, name);
create index revocations_by_expiry on revocations (expires_at);
