import type { OpenApiFragment, OpenApiPaths } from '@lumo/service';
import { DECOUPLED_PATHS } from './decoupled-openapi.js';
import {
  API,
  CLIENT_AUTH,
  describe,
  ORG_PARAMETER,
  object,
  page,
  redirect,
  refused,
  string,
  strings,
} from './oauth-openapi-words.js';

const AUTHORIZE = {
  response_type: '`code`.',
  client_id: 'A registered client.',
  redirect_uri: 'One of its redirect URIs, byte for byte; the port of a loopback URI may differ.',
  scope: 'Space separated. Without it the client gets its defaults.',
  state: 'Comes back unchanged.',
  code_challenge: 'Base64url SHA-256 of the verifier (RFC 7636).',
  code_challenge_method: '`S256`.',
  nonce: 'Comes back in the ID token.',
  response_mode:
    '`query`, `fragment`, `form_post`, or one of them as a JWT: `jwt`, `query.jwt`, `fragment.jwt`, `form_post.jwt`.',
  prompt: '`none`, `login`, `consent`.',
  max_age: 'Seconds since the last sign-in after which it is asked again.',
  login_hint: 'Fills in the email address.',
  id_token_hint: 'An ID token of the person expected.',
  ui_locales: 'Preferred languages.',
  resource: 'The API of the org: its issuer (RFC 8707).',
  access_type: '`offline` asks for a refresh token.',
  acr_values: 'How strongly the person should be recognised, best first.',
  claims: 'Single claims, as JSON (OpenID Connect Core section 5.5).',
  authorization_details: 'What is asked for in detail, as JSON (RFC 9396).',
  dpop_jkt: 'Thumbprint of the key that the code is bound to (RFC 9449 section 10).',
  request: 'A signed request object, which stands for everything else (RFC 9101).',
  request_uri: 'A pushed request, which stands for everything else (RFC 9126).',
} as const;

const TOKEN_REQUEST = object(
  {
    grant_type: {
      type: 'string',
      enum: [
        'authorization_code',
        'refresh_token',
        'client_credentials',
        'urn:ietf:params:oauth:grant-type:token-exchange',
        'urn:ietf:params:oauth:grant-type:device_code',
        'urn:openid:params:grant-type:ciba',
      ],
    },
    client_id: string,
    client_secret: string,
    client_assertion: string,
    client_assertion_type: string,
    authorization_details: string,
    code: string,
    device_code: string,
    auth_req_id: string,
    redirect_uri: string,
    code_verifier: string,
    refresh_token: string,
    scope: string,
    resource: string,
    subject_token: string,
    subject_token_type: string,
    actor_token: string,
    actor_token_type: string,
    requested_token_type: string,
    audience: string,
  },
  ['grant_type'],
);

const TOKEN_RESPONSE = object(
  {
    access_token: string,
    token_type: string,
    expires_in: { type: 'integer' },
    scope: string,
    refresh_token: string,
    id_token: string,
    issued_token_type: string,
    authorization_details: { type: 'array', items: { type: 'object' } },
  },
  ['access_token', 'token_type', 'expires_in'],
);

const METADATA = describe({
  tag: 'OpenID Connect',
  summary: 'Metadata of the issuer',
  responses: {
    200: { description: 'RFC 8414 and OpenID Connect Discovery', json: object({ issuer: string }, ['issuer']) },
    404: refused('tenant_not_found'),
  },
});

const JWKS = describe({
  tag: 'OpenID Connect',
  summary: 'Public keys of the issuer',
  responses: {
    200: {
      description: 'A JWK Set (RFC 7517)',
      mediaType: 'application/jwk-set+json',
      json: object({ keys: { type: 'array', items: { type: 'object' } } }, ['keys']),
    },
    404: refused('tenant_not_found'),
  },
});

const USERINFO = describe({
  tag: 'OpenID Connect',
  summary: 'Who an access token is about',
  security: [{ BearerAuth: [] }, { DPoP: [] }],
  responses: {
    200: {
      description: 'Claims by scope; of an agent also its capabilities',
      json: object({ sub: string, identity_type: string, tenant: string, capabilities: strings }, ['sub']),
      jwt: 'application/jwt',
    },
    400: refused('invalid_request'),
    401: refused('invalid_token, invalid_dpop_proof, use_dpop_nonce'),
    403: refused('insufficient_scope'),
    404: refused('tenant_not_found'),
  },
});

const AUTHORIZE_ANSWERS = {
  302: redirect('To the sign-in or consent page'),
  303: redirect('To the redirect URI with `code`, `state` and `iss`, or to the sign-in or consent page'),
  400: page('Unknown client or redirect URI: never a redirect'),
  404: refused('tenant_not_found'),
} as const;

const LOGOUT_ANSWERS = {
  200: page('Asks for confirmation, or says that the session is over'),
  302: redirect('On the way on'),
  303: redirect('To the post-logout redirect URI'),
  400: page('Something about the request is not registered or not ours'),
  404: refused('tenant_not_found'),
} as const;

const LOGOUT = {
  id_token_hint: 'An ID token of the session: then no confirmation is asked.',
  post_logout_redirect_uri: 'One that is registered for the client.',
  client_id: 'Where there is no id_token_hint.',
  state: 'Comes back unchanged.',
} as const;

const FLOW = { flow: 'The sign-in, bound to the browser that started it.' } as const;

const paths: OpenApiPaths = {
  [`${API}/oauth/authorize`]: {
    get: describe({
      tag: 'OAuth',
      summary: 'Authorization endpoint',
      query: AUTHORIZE,
      required: ['client_id'],
      responses: AUTHORIZE_ANSWERS,
    }),
    post: describe({
      tag: 'OAuth',
      summary: 'Authorization endpoint: the same with a form',
      form: object(Object.fromEntries(Object.keys(AUTHORIZE).map((name) => [name, string]))),
      responses: AUTHORIZE_ANSWERS,
    }),
  },
  [`${API}/oauth/authorize/{uid}`]: {
    get: {
      ...describe({ tag: 'OAuth', summary: 'Goes on after a page', responses: AUTHORIZE_ANSWERS }),
      parameters: [ORG_PARAMETER, { name: 'uid', in: 'path', required: true, schema: string }],
    },
  },
  [`${API}/oauth/token`]: {
    post: describe({
      tag: 'OAuth',
      summary: 'Token endpoint',
      form: TOKEN_REQUEST,
      json: true,
      security: [...CLIENT_AUTH, {}],
      responses: {
        200: { description: 'Tokens', json: TOKEN_RESPONSE },
        400: refused(
          'invalid_request, invalid_grant, invalid_scope, invalid_target, unsupported_grant_type, authorization_pending, slow_down, access_denied, expired_token, invalid_dpop_proof, use_dpop_nonce, invalid_authorization_details',
        ),
        401: refused('invalid_client, unauthorized_client'),
        403: refused('delegation_not_allowed, delegation_depth_exceeded'),
        404: refused('tenant_not_found'),
        429: refused('slow_down, rate_limit_exceeded'),
        503: refused('temporarily_unavailable'),
      },
    }),
  },
  ...DECOUPLED_PATHS,
  [`${API}/oauth/par`]: {
    post: describe({
      tag: 'OAuth',
      summary: 'Pushed authorization requests (RFC 9126)',
      form: object({
        ...Object.fromEntries(Object.keys(AUTHORIZE).map((name) => [name, string])),
        client_secret: string,
        client_assertion: string,
        client_assertion_type: string,
      }),
      json: true,
      security: CLIENT_AUTH,
      responses: {
        201: {
          description: 'Where the request is kept for a minute, for one use',
          json: object({ request_uri: string, expires_in: { type: 'integer' } }, ['request_uri', 'expires_in']),
        },
        400: refused(
          'invalid_request, invalid_request_object, invalid_scope, invalid_target, invalid_dpop_proof, use_dpop_nonce, invalid_authorization_details',
        ),
        401: refused('invalid_client'),
        404: refused('tenant_not_found'),
        429: refused('rate_limit_exceeded'),
        503: refused('temporarily_unavailable'),
      },
    }),
  },
  [`${API}/oauth/introspect`]: {
    post: describe({
      tag: 'OAuth',
      summary: 'Token introspection (RFC 7662)',
      form: object({ token: string, token_type_hint: string, client_id: string, client_secret: string }, ['token']),
      json: true,
      security: CLIENT_AUTH,
      responses: {
        200: {
          description: '`active: false` for anything that does not count now',
          json: object({ active: { type: 'boolean' } }, ['active']),
          jwt: 'application/token-introspection+jwt',
        },
        400: refused('invalid_request'),
        401: refused('invalid_client'),
        404: refused('tenant_not_found'),
      },
    }),
  },
  [`${API}/oauth/revoke`]: {
    post: describe({
      tag: 'OAuth',
      summary: 'Token revocation (RFC 7009)',
      form: object({ token: string, token_type_hint: string, client_id: string, client_secret: string }, ['token']),
      json: true,
      security: [...CLIENT_AUTH, { BearerAuth: [] }],
      responses: {
        200: { description: 'Whatever the token was, it does not count any more', json: object({}) },
        400: refused('invalid_request, unsupported_token_type'),
        401: refused('invalid_client'),
        404: refused('tenant_not_found'),
      },
    }),
  },
  [`${API}/oauth/userinfo`]: { get: USERINFO, post: USERINFO },
  [`${API}/oauth/login`]: {
    get: describe({
      tag: 'OAuth',
      summary: 'Sign-in page',
      query: FLOW,
      required: ['flow'],
      responses: { 200: page('The page'), 400: page('The sign-in has expired'), 404: refused('tenant_not_found') },
    }),
  },
  [`${API}/oauth/login/submit`]: {
    post: describe({
      tag: 'OAuth',
      summary: 'Post of the sign-in page',
      query: FLOW,
      required: ['flow'],
      form: object({ email: string, password: string, decision: string, csrf: string }, ['csrf']),
      responses: {
        303: redirect('On to the app, or to the consent page'),
        400: page('The page again, with what was wrong'),
        404: refused('tenant_not_found'),
        503: page('The page again: too many people sign in right now'),
      },
    }),
  },
  [`${API}/oauth/login/json`]: {
    post: {
      ...describe({
        tag: 'OAuth',
        summary: 'Sign-in for the front end of the org: a session, no tokens',
        responses: {
          200: { description: 'A session cookie', json: object({ status: { const: 'complete' } }, ['status']) },
          400: refused('invalid_request'),
          401: refused('invalid_credentials'),
          403: refused('blocked, inactive'),
          404: refused('tenant_not_found'),
          429: refused('rate_limited'),
        },
      }),
      requestBody: {
        content: {
          'application/json': { schema: object({ email: string, password: string }, ['email', 'password']) },
        },
      },
    },
  },
  [`${API}/oauth/consent`]: {
    get: describe({
      tag: 'OAuth',
      summary: 'Consent page',
      query: FLOW,
      required: ['flow'],
      responses: { 200: page('The page'), 400: page('The sign-in has expired'), 404: refused('tenant_not_found') },
    }),
    post: describe({
      tag: 'OAuth',
      summary: 'Post of the consent page',
      query: FLOW,
      required: ['flow'],
      form: object({ decision: string, csrf: string }, ['csrf']),
      responses: {
        303: redirect('On to the app'),
        400: page('The sign-in has expired'),
        404: refused('tenant_not_found'),
      },
    }),
  },
  [`${API}/oauth/logout`]: {
    get: describe({ tag: 'OAuth', summary: 'RP-initiated logout', query: LOGOUT, responses: LOGOUT_ANSWERS }),
    post: describe({
      tag: 'OAuth',
      summary: 'RP-initiated logout: the same with a form',
      form: object(Object.fromEntries(Object.keys(LOGOUT).map((name) => [name, string]))),
      responses: LOGOUT_ANSWERS,
    }),
  },
  [`${API}/oauth/logout/confirm`]: {
    post: describe({
      tag: 'OAuth',
      summary: 'Post of the sign-out page',
      form: object({ xsrf: string, logout: string }, ['xsrf']),
      responses: LOGOUT_ANSWERS,
    }),
  },
  [`${API}/oauth/logout/success`]: {
    get: describe({
      tag: 'OAuth',
      summary: 'Page after a sign-out',
      query: { client_id: 'The app that asked.' },
      responses: LOGOUT_ANSWERS,
    }),
  },
  [`${API}/oauth/check_session`]: {
    get: describe({
      tag: 'OAuth',
      summary: 'Frame for session management',
      responses: { 200: page('A page without content, for a frame'), 404: refused('tenant_not_found') },
    }),
  },
  [`${API}/oauth/assets/{file}`]: {
    get: {
      ...describe({
        tag: 'OAuth',
        summary: 'Stylesheet and script of the hosted pages',
        responses: {
          200: { description: 'The file; its name changes with its content' },
          404: refused('resource_not_found'),
        },
      }),
      parameters: [ORG_PARAMETER, { name: 'file', in: 'path', required: true, schema: string }],
    },
  },
  [`${API}/.well-known/openid-configuration`]: { get: METADATA },
  [`${API}/.well-known/oauth-authorization-server`]: { get: METADATA },
  [`${API}/.well-known/jwks.json`]: { get: JWKS },
  '/orgs/{org}/.well-known/openid-configuration': { get: METADATA },
  '/orgs/{org}/.well-known/oauth-authorization-server': { get: METADATA },
  '/orgs/{org}/.well-known/jwks.json': { get: JWKS },
  '/.well-known/openid-configuration/orgs/{org}/api/v1': { get: METADATA },
  '/.well-known/oauth-authorization-server/orgs/{org}/api/v1': { get: METADATA },
};

/** The endpoints that are no routes of the shell, in the words of its API description. */
export const OAUTH_OPENAPI: OpenApiFragment = { paths };
