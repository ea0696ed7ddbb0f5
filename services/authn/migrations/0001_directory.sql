-- Organizations, people, applications and keys.
-- Instance tables (no org_id, no row-level security; each is on the explained list of @lumo/database): orgs,
-- api_key_index. Every other table belongs to one org.

create table orgs (
  id uuid primary key,
  -- The integer id of the tenant profile (contract 8.9).
  number integer generated always as identity unique,
  slug text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$'),
  name text not null,
  status text not null default 'active' check (status in ('active', 'suspended')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- The slug stands in issuers and links that others have stored: it never changes.
create function refuse_slug_change() returns trigger language plpgsql as $$
begin
  if new.slug is distinct from old.slug or new.id is distinct from old.id then
    raise exception 'the id and slug of an organization are immutable';
  end if;
  return new;
end
$$;

create trigger orgs_identity_is_immutable before update on orgs for each row execute function refuse_slug_change();

create table org_settings (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid references orgs (id),
  section text not null check (section in ('general', 'auth', 'security')),
  value jsonb not null,
  updated_at timestamptz not null default now(),
  primary key (org_id, section)
);

create table users (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid references orgs (id),
  id uuid not null,
  email text not null,
  -- What makes two addresses the same: NFKC, lower case, domain in punycode.
  email_key text not null,
  email_verified boolean not null default false,
  username text,
  username_key text,
  name text,
  given_name text,
  family_name text,
  picture text,
  phone_number text,
  phone_number_verified boolean not null default false,
  locale text,
  zoneinfo text,
  is_active boolean not null default true,
  blocked boolean not null default false,
  blocked_at timestamptz,
  -- PHC string of argon2id. Null: this person cannot sign in with a password.
  password_hash text,
  password_changed_at timestamptz,
  login_count integer not null default 0,
  last_login_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (org_id, id),
  constraint users_email_key unique (org_id, email_key),
  constraint users_username_key unique (org_id, username_key)
);

create index users_by_creation on users (org_id, created_at desc, id desc);

-- Wrong passwords in a row by account, or by what was typed where there is no such account: a stranger sees the same
-- lock in both cases. Losing it in a crash only forgives a few attempts.
create unlogged table login_failures (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid,
  -- SHA-256 of the account's id, or of the normalised login that names no account.
  subject bytea not null,
  failures integer not null,
  locked_until timestamptz,
  -- After it the row says nothing any more and is purged.
  forget_at timestamptz not null,
  primary key (org_id, subject)
);

create index login_failures_by_age on login_failures (org_id, forget_at);

create table clients (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid references orgs (id),
  -- The integer id of contract 11 row 53; client_id is what OAuth knows.
  id integer generated always as identity,
  client_id text not null,
  name text not null,
  description text,
  application_type text not null check (application_type in ('web', 'spa', 'native', 'm2m')),
  token_endpoint_auth_method text not null
    check (token_endpoint_auth_method in ('client_secret_basic', 'client_secret_post', 'none')),
  redirect_uris text[] not null default '{}',
  post_logout_redirect_uris text[] not null default '{}',
  -- Browser origins that were listed for it, and all that follow from its registration (CORS).
  allowed_origins text[] not null default '{}',
  browser_origins text[] not null default '{}',
  grant_types text[] not null default '{}',
  scopes text[] not null default '{}',
  requires_pkce boolean not null default true,
  is_active boolean not null default true,
  -- Null: the default of the org.
  access_token_lifetime_seconds integer,
  refresh_token_lifetime_seconds integer,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (org_id, client_id),
  unique (org_id, id)
);

create index clients_by_creation on clients (org_id, created_at desc, id desc);
create index clients_by_origin on clients using gin (browser_origins);

create table client_secrets (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid,
  client_id text not null,
  sha256 bytea not null check (length(sha256) = 32),
  created_at timestamptz not null,
  -- Null: the current secret. A rotated one stays valid until then.
  expires_at timestamptz,
  primary key (org_id, client_id, sha256),
  foreign key (org_id, client_id) references clients (org_id, client_id) on delete cascade
);

create table api_keys (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid references orgs (id),
  key_id text not null,
  name text not null,
  sha256 bytea not null check (length(sha256) = 32),
  -- The first characters of the key, so that a person can tell keys apart.
  hint text not null,
  scopes text[] not null,
  created_by text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  last_used_at timestamptz,
  expires_at timestamptz,
  primary key (org_id, key_id),
  unique (org_id, sha256)
);

create index api_keys_by_creation on api_keys (org_id, created_at desc, key_id desc);

-- The one thing that a request with only a key in hand needs before it has an org.
create table api_key_index (
  sha256 bytea primary key check (length(sha256) = 32),
  org uuid not null references orgs (id) on delete cascade
);
