-- Organizations that exist already get the permissions that came with relations, attributes and policies, as every new one
-- does; `tenant_admin` carries them. Where the owner of the tables is no superuser, forced row-level security would hide them.
alter table permissions no force row level security;
alter table roles no force row level security;
alter table role_permissions no force row level security;

create temporary table new_rights (slug text, name text, description text, resource text, action text) on commit drop;
insert into new_rights values
  ('policies.manage', 'Manage policies', 'Create, change and delete policies, and how engines are combined.', 'policies', 'manage'),
  ('attributes.view', 'View attributes', 'Read the attributes of users and resources.', 'attributes', 'view'),
  ('attributes.manage', 'Manage attributes', 'Define attributes, and set them for users and resources.', 'attributes', 'manage'),
  ('relations.read', 'Read relations', 'Read the tuples and models of relations, and ask what somebody else may do.', 'relations', 'read'),
  ('relations.write', 'Write relations', 'Write and delete tuples.', 'relations', 'write'),
  ('relations.models.manage', 'Manage models of relations', 'Change models, stores and namespaces of relations.', 'relations', 'models.manage');

-- The organization may have used the word for a permission of its own before.
insert into permissions (org_id, slug, name, description, resource, action, category, is_system)
select o.org, n.slug, n.name, n.description, n.resource, n.action, 'system', true
  from graph_revisions o cross join new_rights n
on conflict (org_id, slug) do update
   set name = excluded.name, description = excluded.description, resource = excluded.resource, action = excluded.action,
       category = excluded.category, is_system = true, updated_at = now();

insert into role_permissions (org_id, role_id, permission_id)
select r.org_id, r.id, p.id
  from roles r
  join permissions p on p.org_id = r.org_id and p.slug in (select slug from new_rights)
 where r.slug = 'tenant_admin' and r.is_system
on conflict do nothing;

-- Who has the roles of an organization in memory reads them again.
update graph_revisions
   set revision = revision + 1, roles_at = revision + 1, roles_pruned = revision + 1, changed_in = pg_current_xact_id();

alter table permissions force row level security;
alter table roles force row level security;
alter table role_permissions force row level security;
