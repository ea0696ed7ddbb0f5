export interface ErrorDefinition {
  readonly status: number;
  readonly means: string;
  /** What the caller does next. */
  readonly do: string;
}

function error(status: number, means: string, next: string): ErrorDefinition {
  return { status, means, do: next };
}

/** Every error word of the API; `docs/errors.md` is generated from it, and a check refuses a word that is not here. */
export const ERRORS = {
  // Any route.
  invalid_request: error(400, 'The request is malformed or contradicts itself.', 'Read `message`; it names the part.'),
  validation_error: error(400, 'A value is missing or not valid.', 'Correct the members named in `details`.'),
  invalid_token: error(
    401,
    'No credential, or one that is unknown, expired or revoked.',
    'Get a new token, or check the API key.',
  ),
  insufficient_scope: error(403, 'The credential lacks a scope.', 'Ask for the scope in `details.scope`.'),
  permission_denied: error(403, 'The caller may not do this.', 'Ask an administrator of the org for the permission.'),
  cross_tenant: error(403, 'The credential belongs to another org.', 'Use a credential of the org in the URL.'),
  origin_not_allowed: error(
    403,
    'No client of the org lists this browser origin.',
    'Add the origin to the allowed origins of the client.',
  ),
  resource_not_found: error(
    404,
    'There is no such thing in this org, or not with this method.',
    'Check the id and the method; ids of other orgs answer the same.',
  ),
  tenant_not_found: error(404, 'There is no such org.', 'Check the slug in the URL.'),
  method_not_allowed: error(405, 'No resource is used with this method here.', 'Use a method of the `Allow` header.'),
  request_timeout: error(408, 'The request arrived too slowly.', 'Send it again.'),
  duplicate_resource: error(
    409,
    'Something with that name exists.',
    'Choose another name, or update the existing one.',
  ),
  attribute_in_use: error(
    409,
    'Values of the attribute are stored, and the change does not fit them.',
    'Remove the values first, or define another attribute.',
  ),
  limit_reached: error(409, 'A limit of the org or of the thing is reached.', 'Remove what is no longer needed.'),
  payload_too_large: error(413, 'The body is larger than 1 MiB.', 'Send less at once.'),
  request_too_large: error(400, 'The request carries more than can be worked on at once.', 'Send less at once.'),
  unsupported_media_type: error(400, 'The body is of a type this route does not read.', 'Send `application/json`.'),
  misdirected_request: error(
    421,
    'The host is not the public address of this installation.',
    'Use the configured base URL.',
  ),
  rate_limit_exceeded: error(429, 'Too many requests.', 'Wait for `Retry-After` seconds.'),
  too_many_requests: error(
    429,
    'Too many requests to an OAuth endpoint, or too many at a time for one org.',
    'Wait for `Retry-After` seconds.',
  ),
  rate_limited: error(429, 'Too many attempts to sign in.', 'Wait for `Retry-After` seconds.'),
  headers_too_large: error(431, 'The headers are larger than 16 KiB.', 'Send fewer or shorter headers.'),
  invalid_context: error(401, 'A call between services came without a valid context.', 'Call the public address.'),
  unsupported_signing_alg: error(
    400,
    'The org has no signing key of that algorithm yet.',
    'Use an algorithm of the published keys.',
  ),
  invalid_signing_key: error(400, 'The imported key cannot sign.', 'Import a private key that the message describes.'),
  signing_key_pending: error(409, 'A successor is published already.', 'Let it take over, or remove it.'),
  signing_key_in_use: error(409, 'The key signs now.', 'Rotate at once, then remove it.'),
  signing_key_not_found: error(404, 'There is no such signing key.', 'Look at the published keys.'),
  invalid_rotation_policy: error(
    400,
    'The rotation would retire keys while their tokens live.',
    'Lengthen overlap or publication.',
  ),
  notification_undelivered: error(503, 'An application was not told of an answer.', 'Nothing: it is tried again.'),
  logout_undelivered: error(503, 'An application was not told of a logout.', 'Nothing: it is tried again.'),
  server_error: error(500, 'A bug on our side.', 'Report `request_id`.'),
  temporarily_unavailable: error(503, 'A part of the platform does not answer.', 'Retry after `Retry-After` seconds.'),
  // OAuth 2 and OpenID Connect (RFC 6749 section 5.2, RFC 6750, RFC 8693).
  invalid_client: error(
    401,
    'The client is unknown, disabled, or its authentication failed.',
    'Check client id and secret.',
  ),
  invalid_grant: error(
    400,
    'The code, token or assertion is wrong, used, expired or revoked.',
    'Start the flow again.',
  ),
  invalid_scope: error(400, 'A scope is unknown, or more than may be granted.', 'Ask for fewer scopes.'),
  invalid_target: error(
    400,
    'The resource or audience is not one the client may ask for.',
    'Name a registered resource.',
  ),
  invalid_redirect_uri: error(
    400,
    'A redirect URI cannot be registered.',
    'Read `error_description`; it names the URI and what is wrong with it.',
  ),
  invalid_client_metadata: error(
    400,
    'A member of the client metadata is not valid.',
    'Read `error_description`; it names the member.',
  ),
  unapproved_software_statement: error(
    400,
    'Software statements are not accepted.',
    'Send the client metadata itself.',
  ),
  unauthorized_client: error(400, 'The client may not use this grant.', 'Allow the grant type for the client.'),
  unsupported_grant_type: error(400, 'The server does not know this grant.', 'Use one of `grant_types_supported`.'),
  unsupported_response_type: error(400, 'Only `code` is supported.', 'Use the authorization code flow with PKCE.'),
  unsupported_token_type: error(400, 'A token type is not supported here.', 'Use an access token.'),
  invalid_dpop_proof: error(
    401,
    'The proof of the key is missing, wrong or was used before (RFC 9449); 400 at OAuth endpoints.',
    'Make a new proof for every request.',
  ),
  use_dpop_nonce: error(
    401,
    'The proof must carry the nonce of the header `DPoP-Nonce`; 400 at OAuth endpoints.',
    'Make the proof again with that nonce.',
  ),
  insufficient_user_authentication: error(
    401,
    'The sign-in of the person is too old or too weak for this (RFC 9470).',
    'Send the person to the sign-in with the `max_age` and `acr_values` of the challenge.',
  ),
  invalid_request_object: error(
    400,
    'The request object is not signed as it must be, or says something wrong.',
    'Sign it with a registered key, for the issuer, with `exp` and `nbf`.',
  ),
  invalid_request_uri: error(400, 'The `request_uri` is unknown, expired or used.', 'Push the request again.'),
  invalid_authorization_details: error(
    400,
    'An authorization detail has a type that is unknown or not allowed, or does not fit its type.',
    'Look at the registered types.',
  ),
  unmet_authentication_requirements: error(
    400,
    'The person cannot sign in as strongly as the request demands.',
    'Ask for another `acr`, or leave the demand out.',
  ),
  access_denied: error(400, 'The person, or a policy, said no.', 'Ask the person again, or explain why you need it.'),
  login_required: error(400, 'No one is signed in, and `prompt=none` forbids to ask.', 'Start an interactive sign-in.'),
  consent_required: error(
    400,
    'Consent is missing, and `prompt=none` forbids to ask.',
    'Start an interactive sign-in.',
  ),
  flow_expired: error(400, 'The sign-in took too long or was finished elsewhere.', 'Start again from the application.'),
  delegation_not_allowed: error(
    403,
    'The agent may not act for this user.',
    'Give the agent the capability `delegate:on_behalf`.',
  ),
  delegation_depth_exceeded: error(
    403,
    'The chain of agents is longer than `details.max_depth`.',
    'Delegate to fewer agents in a row.',
  ),
  slow_down: error(429, 'One token was exchanged too often.', 'Reuse the tokens you have.'),
  // Agents.
  agent_token_required: error(403, 'This is only for agents.', 'Use a token of an agent.'),
  // Authorization API (contract 3.2).
  MISSING_PERMISSION: error(400, '`permission` is missing.', 'Name the permission to check.'),
  INVALID_PERMISSIONS: error(
    400,
    '`permissions` is not an array of 1 to 100 names.',
    'Send between 1 and 100 permissions.',
  ),
  MISSING_SUBJECT: error(
    400,
    'The caller has no permissions of its own and names no subject.',
    'Name `user_id` or `subject`.',
  ),
  INVALID_SUBJECT: error(400, 'The subject is not `{type, id}`.', 'Send `{"type": "user" or "agent", "id": …}`.'),
  INVALID_CONTEXT: error(400, '`context` is not a JSON object.', 'Send an object, or leave it out.'),
  model_changed: error(
    409,
    'Another model came in between reading and writing.',
    'Read the model again and repeat the change.',
  ),
  MISSING_FIELDS: error(400, 'A question about relations lacks a part.', 'Send the members named in `details`.'),
  ZANZIBAR_CHECK_FAILED: error(
    400,
    'A question about relations is malformed, or about what the model does not have.',
    'Read `message`; it names the part.',
  ),
  insufficient_permissions: error(403, 'The caller may not see who has a relation.', 'Ask with `authz.check`.'),
  CHECK_FAILED: error(500, 'The decision could not be made.', 'Retry; deny meanwhile.'),
  LIST_FAILED: error(500, 'The permissions could not be listed.', 'Retry.'),
  // Relations (contract 3.5).
  store_not_found: error(404, 'The org has no such store of relations.', 'List the stores, or leave `store` out.'),
  model_not_found: error(
    404,
    'The store has no such model, or none at all yet.',
    'Write a model first, or name one of the list.',
  ),
  invalid_model: error(400, 'The relation model is not sound.', 'Correct the places in `details.problems`.'),
  type_not_found: error(400, 'The model has no such type.', 'Use a type of the model, or write one that has it.'),
  relation_not_found: error(400, 'The type has no such relation.', 'Use a relation of the model.'),
  invalid_tuple: error(400, 'The model does not allow this tuple.', 'Read `message`; it says what is allowed there.'),
  condition_failed: error(
    400,
    'A condition that decides could not be evaluated.',
    'Send `details.missing_parameters` in `context`, each of its type.',
  ),
  over_budget: error(
    400,
    'The answer takes more steps, time or depth than one question may use. It is neither allow nor deny.',
    'Ask a narrower question; `details` has the limit.',
  ),
  tuple_exists: error(409, 'A tuple to write is stored already.', 'Send `on_duplicate: ignore`, or leave it out.'),
  tuple_not_stored: error(409, 'A tuple to delete is not stored.', 'Send `on_missing: ignore`, or leave it out.'),
  precondition_failed: error(
    409,
    'A precondition of the write does not hold; nothing was written.',
    'Read the tuples anew and decide again.',
  ),
  idempotency_key_reused: error(
    409,
    'The idempotency key came with another request before.',
    'Make a new key for every request.',
  ),
  consistency_token_invalid: error(
    400,
    'The consistency token is broken, or of another org or of another history of the database.',
    'Ask `fully_consistent` and keep the token of the answer.',
  ),
  snapshot_unavailable: error(
    410,
    'Too much changed since that state for it to be answered exactly.',
    'Ask `at_least_as_fresh`, or begin the list anew.',
  ),
  changes_pruned: error(
    410,
    'Changes after that position are no longer kept.',
    'Read the tuples anew, then follow the changes from now on.',
  ),
  cursor_invalid: error(400, 'The cursor was not given for this question.', 'Ask for the first page again.'),
  store_too_large: error(
    503,
    'The tuples of the store do not fit into memory.',
    'The operator raises `LUMO_RELATION_MEMORY`.',
  ),
} as const satisfies Record<string, ErrorDefinition>;
