-- What a client decided about the protocol (core/client-protocol.ts): profile, keys, sender constraint, how answers to it are
-- protected. Read and written as a whole; a member that is absent takes its default.
alter table clients add column protocol jsonb not null default '{}';

alter table clients drop constraint if exists clients_token_endpoint_auth_method_check;
alter table clients add constraint clients_token_endpoint_auth_method_check check (token_endpoint_auth_method in (
  'client_secret_basic', 'client_secret_post', 'private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth', 'none'));
