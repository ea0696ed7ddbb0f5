-- Agents, their secrets, and the tree of delegations: which agent was allowed to act for which user.

create table agents (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid,
  id uuid not null,
  -- `agt_…`, random: a new agent never gets the id of a deleted one, also where the name comes back.
  agent_id text not null check (agent_id ~ '^agt_[0-9a-z]{24}$'),
  name text not null check (name <> ''),
  description text,
  type text not null check (type in ('ai_assistant', 'service', 'bot', 'integration')),
  status text not null check (status in ('active', 'disabled')),
  capabilities text[] not null,
  -- Epoch seconds: a token issued before it is dead.
  tokens_not_before bigint not null default 0,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (org_id, agent_id),
  constraint agents_id_key unique (org_id, id)
);

create index agents_by_creation on agents (org_id, created_at desc, id desc);

-- SHA-256 of 256 random bits: no secret can be read back, and none can be guessed.
create table agent_secrets (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid,
  agent_id text not null,
  sha256 bytea not null check (length(sha256) = 32),
  created_at timestamptz not null,
  -- Null: until it is rotated. Else the end of the overlap in which the old and the new secret both count.
  expires_at timestamptz,
  primary key (org_id, agent_id, sha256),
  foreign key (org_id, agent_id) references agents (org_id, agent_id) on delete cascade
);

create table delegations (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid,
  id uuid not null,
  -- The delegation it continues; null where the user's own token was exchanged.
  parent_id uuid,
  user_id text not null,
  -- First delegate first. Agents are named by id only: the record outlives them.
  chain text[] not null check (cardinality(chain) between 1 and 3),
  -- The last of the chain: the agent that holds the token.
  agent_id text not null generated always as (chain[array_length(chain, 1)]) stored,
  scopes text[] not null,
  audience text not null,
  expires_at timestamptz not null,
  child_count integer not null default 0,
  created_at timestamptz not null,
  closed_at timestamptz,
  close_reason text check (
    close_reason in ('agent_disabled', 'agent_deleted', 'delegation_withdrawn', 'user_deleted')
  ),
  primary key (org_id, id),
  -- A child never outlives its parent, so that whoever prunes an ended parent prunes ended children with it.
  foreign key (org_id, parent_id) references delegations (org_id, id) on delete cascade,
  check ((closed_at is null) = (close_reason is null))
);

create index delegations_by_parent on delegations (org_id, parent_id);
create index delegations_by_user on delegations (org_id, user_id, agent_id, expires_at);
create index delegations_by_end on delegations (org_id, expires_at);
