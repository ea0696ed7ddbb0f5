-- Clients whose id is the address of the document that describes them (Client ID Metadata Documents), and resources for
-- which clients get tokens (RFC 8707).

-- What is known of a document now. The client itself stands in `clients`, as the document last described it.
create table client_documents (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid references orgs (id),
  client_id text not null,
  -- Names the snapshot that the document is now.
  digest text not null,
  etag text,
  fetched_at timestamptz not null,
  -- Until then it is not asked for again.
  fresh_until timestamptz not null,
  -- Since when its address says that there is no such document any more; null while there is one.
  withdrawn_at timestamptz,
  primary key (org_id, client_id),
  foreign key (org_id, client_id) references clients (org_id, client_id) on delete cascade
);

create index client_documents_by_age on client_documents (org_id, fetched_at);

-- What a document said when somebody allowed the client something: codes and refresh tokens of then are redeemed by it,
-- whatever the document says meanwhile.
create table client_snapshots (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid references orgs (id),
  client_id text not null,
  -- SHA-256 of what decides who the client is: redirect URIs, how it authenticates, keys.
  digest text not null,
  profile jsonb not null,
  seen_at timestamptz not null,
  primary key (org_id, client_id, digest),
  foreign key (org_id, client_id) references clients (org_id, client_id) on delete cascade
);

-- A consent and a grant belong to the client as it was then; null for clients that an administrator answers for.
alter table consents add column client_digest text;
alter table grants add column client_digest text;

-- Resources of the org, open to every client of it: an API, an MCP server.
create table resources (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid references orgs (id),
  id text not null,
  name text not null,
  -- What tokens for it have as `aud`; compared byte for byte.
  identifier text not null,
  -- 'prefix': what stands below it counts too.
  mode text not null default 'exact' check (mode in ('exact', 'prefix')),
  -- What every client may ask for at this resource; people are asked.
  scopes text[] not null default '{}',
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (org_id, id),
  unique (org_id, identifier)
);
