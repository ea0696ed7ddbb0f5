-- Clients that registered themselves (RFC 7591, RFC 7592), and tokens that let them.

-- The token with which a client manages its own registration.
create table client_registrations (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid references orgs (id),
  client_id text not null,
  token_sha256 bytea not null check (length(token_sha256) = 32),
  -- By which right it was made: a key of the org, an initial access token, or none.
  made_with text not null check (made_with in ('api_key', 'initial_access_token', 'nothing')),
  created_at timestamptz not null,
  -- When the client last changed its registration, and its token with it.
  changed_at timestamptz not null,
  primary key (org_id, client_id),
  foreign key (org_id, client_id) references clients (org_id, client_id) on delete cascade
);

create index client_registrations_by_age on client_registrations (org_id, created_at);

-- What an administrator hands to a developer or an installer, so that a client can register itself.
create table initial_access_tokens (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid references orgs (id),
  id text not null,
  name text not null,
  sha256 bytea not null check (length(sha256) = 32),
  max_uses integer not null check (max_uses > 0),
  uses integer not null default 0,
  created_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (org_id, id),
  unique (org_id, sha256)
);

create index initial_access_tokens_by_creation on initial_access_tokens (org_id, created_at desc, id desc);

-- The quota counts those that no administrator made.
create index clients_of_no_administrator on clients (org_id, origin) where origin <> 'admin';
