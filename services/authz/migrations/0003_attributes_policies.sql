-- Attributes of users and resources, policies over them, and how an organization combines its engines.

-- One row for each organization that has any of this. `version` moves with policies, definitions and settings (not with
-- values), so that a process that follows the organization learns with one number whether it has to compile again.
create table policy_states (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid,
  version bigint not null default 0,
  -- How the answers of the engines become one.
  combination text not null default 'or' check (combination in ('and', 'or', 'first_match')),
  -- The engines that take part; in this order where the first match counts.
  engines text[] not null default '{abac,rebac,rbac}',
  -- IANA name: when a day begins and what hour it is.
  time_zone text not null default 'UTC',
  updated_at timestamptz not null default now(),
  primary key (org_id)
);

create table attribute_definitions (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid,
  id text not null,
  attribute_type text not null check (attribute_type in ('user', 'resource', 'environment')),
  slug text not null,
  name text not null,
  description text,
  data_type text not null check (data_type in ('string', 'number', 'boolean', 'array', 'date')),
  validation_rules jsonb,
  default_value jsonb,
  is_required boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, attribute_type, slug)
);

-- Ids of subjects are opaque: an organization may decide about people of another directory.
create table user_attributes (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid,
  subject_type text not null,
  subject_id text collate "C" not null,
  definition_id text not null,
  value jsonb not null,
  updated_at timestamptz not null default now(),
  primary key (org_id, subject_type, subject_id, definition_id),
  foreign key (org_id, definition_id) references attribute_definitions (org_id, id) on delete cascade
);
create index user_attributes_by_definition on user_attributes (org_id, definition_id);

create table resource_attributes (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid,
  resource_type text collate "C" not null,
  resource_id text collate "C" not null,
  definition_id text not null,
  -- Public number of the value.
  number integer generated always as identity,
  value jsonb not null,
  updated_at timestamptz not null default now(),
  primary key (org_id, resource_type, resource_id, definition_id),
  foreign key (org_id, definition_id) references attribute_definitions (org_id, id) on delete cascade
);
create index resource_attributes_by_definition on resource_attributes (org_id, definition_id);

create table policies (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid,
  id text not null,
  slug text not null,
  name text not null,
  description text,
  -- `*` is every one.
  resource_type text not null,
  action text not null,
  effect text not null check (effect in ('allow', 'deny')),
  priority integer not null check (priority between 0 and 1000),
  -- As core/abac/condition.ts describes it, in its one spelling.
  conditions jsonb not null,
  -- How many comparisons `conditions` makes.
  leaves integer not null,
  is_active boolean not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, slug)
);

-- What else the events of the directory say about people: conditions read it.
alter table people add column facts jsonb not null default '{}';
