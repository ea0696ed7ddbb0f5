import type { OpenApiPaths } from '@lumo/service';
import { API, CLIENT_AUTH, describe, object, page, redirect, refused, string } from './oauth-openapi-words.js';

const seconds = { type: 'integer' } as const;

const PAGE_ANSWERS = {
  200: page('The page'),
  303: redirect('To the sign-in, or on'),
  400: page('What was typed or posted does not fit'),
  404: page('Answered, ran out, or never there'),
  429: page('Too many wrong codes from this address'),
};

const pageOf = (summary: string, query: Readonly<Record<string, string>> = {}) =>
  describe({ tag: 'OAuth', summary, query, responses: PAGE_ANSWERS });
const formOf = (summary: string, fields: readonly string[], query: Readonly<Record<string, string>> = {}) =>
  describe({
    tag: 'OAuth',
    summary,
    query,
    form: object(Object.fromEntries(fields.map((field) => [field, string]))),
    responses: PAGE_ANSWERS,
  });

/** Devices without a browser (RFC 8628), clients that ask on their own (CIBA), and the pages on which people answer them. */
export const DECOUPLED_PATHS: OpenApiPaths = {
  [`${API}/oauth/device_authorization`]: {
    post: describe({
      tag: 'OAuth',
      summary: 'Device authorization (RFC 8628)',
      form: object({ client_id: string, client_secret: string, scope: string, resource: string }),
      json: true,
      security: [...CLIENT_AUTH, {}],
      responses: {
        200: {
          description: 'The codes',
          json: object(
            {
              device_code: string,
              user_code: string,
              verification_uri: string,
              verification_uri_complete: string,
              expires_in: seconds,
              interval: seconds,
            },
            ['device_code', 'user_code', 'verification_uri', 'expires_in', 'interval'],
          ),
        },
        400: refused('invalid_request, invalid_scope, unauthorized_client'),
        401: refused('invalid_client'),
        404: refused('tenant_not_found'),
        429: refused('rate_limit_exceeded'),
        503: refused('temporarily_unavailable'),
      },
    }),
  },
  [`${API}/oauth/bc-authorize`]: {
    post: describe({
      tag: 'OAuth',
      summary: 'Backchannel authentication (CIBA)',
      form: object(
        {
          scope: string,
          login_hint: string,
          id_token_hint: string,
          binding_message: string,
          requested_expiry: string,
          client_notification_token: string,
          acr_values: string,
          client_id: string,
          client_secret: string,
          client_assertion: string,
          client_assertion_type: string,
        },
        ['scope'],
      ),
      json: true,
      security: CLIENT_AUTH,
      responses: {
        200: {
          description: 'What the client asks with; the same for a person whom nobody knows',
          json: object({ auth_req_id: string, expires_in: seconds, interval: seconds }, ['auth_req_id', 'expires_in']),
        },
        400: refused('invalid_request, invalid_scope, invalid_binding_message, unauthorized_client'),
        401: refused('invalid_client'),
        404: refused('tenant_not_found'),
        429: refused('rate_limit_exceeded'),
        503: refused('temporarily_unavailable'),
      },
    }),
  },
  [`${API}/oauth/device`]: {
    get: pageOf('Page for the code of a device', { user_code: 'Shown, not used.' }),
    post: formOf('Post of the code', ['user_code']),
  },
  [`${API}/oauth/approve`]: {
    get: pageOf('Page that asks', { request: 'What waits.', code: 'What the device shows.' }),
    post: formOf('Post of the answer', ['decision', 'csrf'], {
      request: 'What waits.',
      code: 'What the device shows.',
    }),
  },
  [`${API}/oauth/account`]: {
    get: pageOf('Sessions and connected apps of the person signed in', { done: 'What was done.' }),
  },
  [`${API}/oauth/account/return`]: {
    get: pageOf('Comes back from the sign-in', {
      code: 'Not used.',
      state: 'The page to come back to.',
      iss: 'The issuer.',
      error: 'The sign-in was given up.',
    }),
  },
  [`${API}/oauth/account/sessions`]: { post: formOf('Ends a session', ['session', 'csrf']) },
  [`${API}/oauth/account/apps`]: { post: formOf('Takes access from an app', ['client', 'csrf']) },
};
