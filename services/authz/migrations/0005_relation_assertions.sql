-- What whoever wrote a model expects of it: kept beside the model for the tools that test it, read by nobody else here.
create table relation_assertions (
  org_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid,
  store integer not null,
  model_id text collate "C" not null,
  -- JSON as text, in the order in which they were written.
  assertions text not null,
  updated_at timestamptz not null default now(),
  primary key (org_id, store, model_id),
  foreign key (org_id, store, model_id) references relation_models (org_id, store, id) on delete cascade
);
