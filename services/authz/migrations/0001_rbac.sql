-- Roles, permissions, who holds them, and the log of changes that keeps graphs in memory current.

-- One row per organization that has roles. Its lock puts the writers of one organization in a total order without gaps.
-- Instance table (no org_id, no row-level security; on the explained list of @lumo/database): one process asks for all
-- organizations at once which of them changed, and learns an id and a number.
create table graph_revisions (
  org uuid primary key,
  revision bigint not null,
  -- The transaction that moved it: what commits after a reading has an id at or above that reading's xmin.
  changed_in xid8 not null
);
create index graph_revisions_changed_in on graph_revisions (changed_in);

-- The newest steps between revisions; a reader that is further behind reads everything.
create table graph_changes (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid,
  revision bigint not null,
  ops jsonb not null,
  primary key (org_id, revision)
);

create table permissions (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid,
  -- Unique in the installation: the same number never names things of two organizations.
  id integer generated always as identity,
  slug text not null check (char_length(slug) between 1 and 255),
  name text not null,
  description text,
  resource text,
  action text,
  category text,
  is_system boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, slug)
);

create table roles (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid,
  id text not null,
  slug text not null,
  name text not null,
  description text,
  -- Carries every permission, present and future.
  everything boolean not null default false,
  is_system boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, slug)
);

create table role_permissions (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid,
  role_id text not null,
  permission_id integer not null,
  primary key (org_id, role_id, permission_id),
  foreign key (org_id, role_id) references roles (org_id, id) on delete cascade,
  foreign key (org_id, permission_id) references permissions (org_id, id) on delete cascade
);
create index role_permissions_by_permission on role_permissions (org_id, permission_id);

create table role_assignments (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid,
  subject_type text not null check (subject_type in ('user', 'agent', 'client')),
  subject_id text not null,
  role_id text not null,
  created_at timestamptz not null default now(),
  primary key (org_id, subject_type, subject_id, role_id),
  foreign key (org_id, role_id) references roles (org_id, id) on delete cascade
);
create index role_assignments_by_role on role_assignments (org_id, role_id, subject_type, subject_id);

-- Permissions that a subject holds without a role.
create table permission_grants (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid,
  subject_type text not null check (subject_type in ('user', 'agent', 'client')),
  subject_id text not null,
  permission_id integer not null,
  created_at timestamptz not null default now(),
  primary key (org_id, subject_type, subject_id, permission_id),
  foreign key (org_id, permission_id) references permissions (org_id, id) on delete cascade
);
create index permission_grants_by_permission on permission_grants (org_id, permission_id);

-- What the events of the directory say about people, so that members can be named, found by e-mail and printed.
create table people (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid,
  id text not null,
  email text,
  username text,
  name text,
  -- When the newest event that stands here occurred: events come in any order.
  as_of timestamptz not null,
  -- A deleted person stays for a while, so that a late event does not bring them back.
  deleted_at timestamptz,
  primary key (org_id, id)
);
create index people_by_email on people (org_id, lower(email));
create index people_deleted on people (org_id, deleted_at) where deleted_at is not null;
