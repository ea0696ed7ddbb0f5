-- An application of the org itself: nobody is asked whether it may act for them.
alter table clients add column is_first_party boolean not null default false;
