-- What waits for a person to allow it on another device: a code that a device shows (RFC 8628), or a request that a client made
-- on its own (CIBA). Deleting a row decides it: of two answers one finds it.
create table approvals (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid references orgs (id),
  -- Stands in the address of the page; whoever holds it sees what is asked, and must be signed in to answer.
  id text not null,
  -- Which artifact it is about, by the hash of what the client polls with.
  model text not null check (model in ('DeviceCode', 'BackchannelAuthenticationRequest')),
  id_hash bytea not null check (length(id_hash) = 32),
  -- SHA-256 of what the device shows.
  user_code_hash bytea check (length(user_code_hash) = 32),
  -- Who is asked; null where whoever has the code may answer.
  user_id uuid,
  client_id text not null,
  -- core/approval.ts: scopes, resources, binding message, where the request came from.
  request jsonb not null,
  -- How to tell the client (CIBA ping), sealed under the master key; null where it asks itself.
  notification bytea,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (org_id, id),
  unique (org_id, user_code_hash),
  foreign key (org_id, user_id) references users (org_id, id) on delete cascade,
  foreign key (org_id, client_id) references clients (org_id, client_id) on delete cascade
);
create index approvals_by_user on approvals (org_id, user_id) where user_id is not null;
create index approvals_by_client on approvals (org_id, client_id);
create index approvals_by_expiry on approvals (org_id, expires_at);
