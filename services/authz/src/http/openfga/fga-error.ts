import { DomainError, type ErrorKind } from '@lumo/kit';
import type { RefusalFace } from '@lumo/service';
import { z } from 'zod';

/** Error words of the OpenFGA API that this surface uses, and the kind of refusal each is. */
const FGA_CODES = {
  validation_error: 'invalid',
  authorization_model_not_found: 'invalid',
  authorization_model_resolution_too_complex: 'invalid',
  invalid_write_input: 'invalid',
  cannot_allow_duplicate_tuples_in_one_request: 'invalid',
  invalid_continuation_token: 'invalid',
  invalid_expand_input: 'invalid',
  write_failed_due_to_invalid_input: 'invalid',
  latest_authorization_model_not_found: 'invalid',
  type_not_found: 'invalid',
  relation_not_found: 'invalid',
  invalid_tuple: 'invalid',
  store_id_invalid_length: 'invalid',
  page_size_invalid: 'invalid',
  type_definitions_too_few_items: 'invalid',
  exceeded_entity_limit: 'invalid',
  invalid_authorization_model: 'invalid',
  unsupported_schema_version: 'invalid',
  invalid_start_time: 'invalid',
  query_string_type_continuation_token_mismatch: 'invalid',
  store_id_not_found: 'not_found',
} as const satisfies Record<string, ErrorKind>;

export type FgaCode = keyof typeof FGA_CODES;

export function fgaError(code: FgaCode, message: string): DomainError {
  return new DomainError(FGA_CODES[code], code, message);
}

/** What refusals that are no word of OpenFGA's are called there, by status. */
const BY_STATUS: Readonly<Record<number, string>> = {
  400: 'validation_error',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'undefined_endpoint',
  409: 'aborted',
  410: 'out_of_range',
  413: 'validation_error',
  429: 'resource_exhausted',
  500: 'internal_error',
  503: 'unavailable',
};

/**
 * Error bodies of the OpenFGA API: `{code, message}` and nothing else. What the gateway refuses itself (401, 403 of another
 * org, 429) has the body of the platform, which contains both members.
 */
export const FGA_REFUSALS: RefusalFace = {
  schema: z.looseObject({ code: z.string(), message: z.string() }),
  of: ({ status, body }) => ({
    status,
    body: {
      code: Object.hasOwn(FGA_CODES, body.code) ? body.code : (BY_STATUS[status] ?? 'internal_error'),
      message: body.message,
    },
  }),
};
