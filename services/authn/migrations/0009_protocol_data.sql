-- Random values of an org that must outlive a change of the master key: each sealed under the one that is current.
create table org_secrets (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid references orgs (id),
  name text not null,
  master_key_id text not null,
  sealed bytea not null,
  created_at timestamptz not null default now(),
  primary key (org_id, name)
);

-- Types of authorization details (RFC 9396) that the clients of an org may ask for, and how a person is told about one.
create table authorization_details_types (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid references orgs (id),
  type text not null,
  name text not null,
  description text,
  -- The members that a detail of this type may have, in the order in which they are shown (core/authorization-details.ts).
  fields jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (org_id, type)
);

-- Single claims (OpenID Connect Core section 5.5) that a person allowed a client to learn, beside those of scopes.
alter table consents add column claims text[] not null default '{}';
