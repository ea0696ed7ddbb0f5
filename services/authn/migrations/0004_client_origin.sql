-- How a client came here, what it says about itself, and for which resources it may have tokens.
alter table clients
  -- 'admin': made by an administrator or a key of the org. 'dynamic': it registered itself (RFC 7591).
  -- 'metadata_document': its client id is the address of the document that describes it.
  add column origin text not null default 'admin' check (origin in ('admin', 'dynamic', 'metadata_document')),
  -- Members of core/client-about.ts: links and names for people. Nothing is searched by them.
  add column about jsonb not null default '{}',
  -- Resources (RFC 8707) it may ask tokens for, and whether what stands below them counts too (contract 2.17).
  add column audience_uris text[] not null default '{}',
  add column resource_mode text not null default 'exact' check (resource_mode in ('exact', 'prefix'));
