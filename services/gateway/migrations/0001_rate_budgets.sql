-- Rate budgets of several gateways that share no Redis. An instance table: the owner of a budget (org and credential or
-- address) is part of the key. Unlogged: a crash gives every budget back, which harms nobody.
-- The columns and their order are those of rate-limiter-flexible's PostgreSQL store.
create unlogged table rate_budgets (
  key text primary key,
  points integer not null default 0,
  -- Epoch milliseconds.
  expire bigint
);

create index rate_budgets_by_age on rate_budgets (expire);
