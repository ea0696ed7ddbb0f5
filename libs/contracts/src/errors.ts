export interface ErrorDefinition {
  readonly status: number;
  readonly means: string;
  /** What the caller does next. */
  readonly do: string;
}

/** Every error word of the API. `docs/errors.md` is generated from it. */
export const ERRORS = {
  invalid_request: {
    status: 400,
    means: 'The request is malformed or contradicts itself.',
    do: 'Read `message`; it names the part.',
  },
  validation_error: {
    status: 400,
    means: 'A value is missing or not valid.',
    do: 'Correct the members named in `details`.',
  },
  invalid_token: {
    status: 401,
    means: 'No credential, or one that is unknown, expired or revoked.',
    do: 'Get a new token, or check the API key.',
  },
  insufficient_scope: {
    status: 403,
    means: 'The credential lacks a scope.',
    do: 'Ask for the scope in `details.scope`.',
  },
  permission_denied: {
    status: 403,
    means: 'The caller may not do this.',
    do: 'Ask an administrator of the org for the permission.',
  },
  resource_not_found: {
    status: 404,
    means: 'There is no such thing in this org.',
    do: 'Check the id; ids of other orgs answer the same.',
  },
  tenant_not_found: { status: 404, means: 'There is no such org.', do: 'Check the slug in the URL.' },
  limit_reached: {
    status: 409,
    means: 'The organization has as many of these as it can have.',
    do: 'Remove what is not needed; `details.limit` is the number.',
  },
  MISSING_PERMISSION: {
    status: 400,
    means: 'A permission check names no permission.',
    do: 'Send `permission`: a slug of 1 to 255 characters.',
  },
  INVALID_PERMISSIONS: {
    status: 400,
    means: 'A check of several permissions needs an array of 1 to 100 slugs.',
    do: 'Send `permissions`; split larger questions.',
  },
  MISSING_SUBJECT: {
    status: 400,
    means: 'The credential (an API key) holds no permissions itself.',
    do: 'Say about whom you ask: `user_id`, or `subject {type, id}`.',
  },
  INVALID_SUBJECT: {
    status: 400,
    means: '`user_id` or `subject` is malformed, or they name different subjects.',
    do: 'Send one of them: text, or `{type: user|agent|client, id}`.',
  },
  INVALID_CONTEXT: { status: 400, means: '`context` is not a JSON object.', do: 'Send an object, or leave it out.' },
  CHECK_FAILED: {
    status: 500,
    means: 'A check could not be decided now (503 where it may work soon).',
    do: 'Try again.',
  },
  LIST_FAILED: {
    status: 500,
    means: 'Permissions could not be listed now (503 where it may work soon).',
    do: 'Try again.',
  },
  duplicate_resource: {
    status: 409,
    means: 'Something with that name exists.',
    do: 'Choose another name, or update the existing one.',
  },
  rate_limit_exceeded: { status: 429, means: 'Too many requests.', do: 'Wait for `Retry-After` seconds.' },
  temporarily_unavailable: {
    status: 503,
    means: 'A part of the platform does not answer.',
    do: 'Retry after `Retry-After` seconds.',
  },
  server_error: { status: 500, means: 'A bug on our side.', do: 'Report `request_id`.' },
} as const satisfies Record<string, ErrorDefinition>;
