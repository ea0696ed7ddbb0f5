-- Integers by which administrators name a session and what was issued in it (contract 7.5). Random, because a sequence would
-- tell one organization how busy the others are. Rows from before get theirs in 0007.
alter table sessions add column number bigint;
alter table sessions alter column number set default floor(random() * 9007199254740991)::bigint;
create index sessions_by_number on sessions (org_id, number);

alter table grants add column number bigint;
alter table grants alter column number set default floor(random() * 9007199254740991)::bigint;
create index grants_by_number on grants (org_id, number);
