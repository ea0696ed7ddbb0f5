import type { MountContext } from '@lumo/service';
import { runInContext } from '@lumo/tenancy';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Oidc } from '../oidc/create-oidc.js';
import { accountPage } from './account-pages.js';
import { showPage, submitPage } from './interaction-pages.js';
import { asGet, authorize } from './oauth-authorize.js';
import { asset, checkSession, discovery, jwks } from './oauth-documents.js';
import { handToEngine } from './oauth-engine.js';
import { introspect } from './oauth-introspect.js';
import { loginJson } from './oauth-login-json.js';
import { par } from './oauth-par.js';
import { readParameters, readQuery } from './oauth-parameters.js';
import { revoke } from './oauth-revoke.js';
import { token } from './oauth-token.js';
import { userinfo } from './oauth-userinfo.js';

/** Runs in the context that the gateway sealed. */
export type OAuthHandler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

type Method = 'GET' | 'POST';

interface Endpoint {
  readonly methods: readonly Method[];
  readonly path: string;
  readonly handle: OAuthHandler;
}

const ORG = '/orgs/:org';
const API = `${ORG}/api/v1`;

/** Every endpoint of the protocol and its pages. Bodies are forms; JSON is read too (contract 2.4). */
export function mountOidc(fastify: FastifyInstance, oidc: Oidc, { openContext }: MountContext): void {
  fastify.register(async (scope) => {
    scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
      done(null, new URLSearchParams(String(body))),
    );
    for (const { methods, path, handle } of endpoints(oidc)) {
      scope.route({
        method: [...methods],
        url: path,
        handler: (request, reply) => runInContext(openContext(request), () => handle(request, reply)),
      });
    }
  });
}

function endpoints(oidc: Oidc): readonly Endpoint[] {
  const on = (methods: readonly Method[], path: string, handle: OAuthHandler): Endpoint => ({ methods, path, handle });
  return [
    on(['GET'], `${API}/oauth/authorize`, authorize(oidc)),
    on(['POST'], `${API}/oauth/authorize`, asGet(oidc, '/oauth/authorize')),
    on(['GET'], `${API}/oauth/authorize/:uid`, toEngine(oidc)),
    on(['POST'], `${API}/oauth/token`, token(oidc)),
    on(['POST'], `${API}/oauth/par`, par(oidc)),
    on(['POST'], `${API}/oauth/device_authorization`, toEngine(oidc)),
    on(['POST'], `${API}/oauth/bc-authorize`, toEngine(oidc)),
    on(['GET', 'POST'], `${API}/oauth/device`, accountPage(oidc, 'device')),
    on(['GET', 'POST'], `${API}/oauth/approve`, accountPage(oidc, 'approval')),
    on(['GET'], `${API}/oauth/account`, accountPage(oidc, 'account')),
    on(['GET'], `${API}/oauth/account/return`, accountPage(oidc, 'comeBack')),
    on(['POST'], `${API}/oauth/account/sessions`, accountPage(oidc, 'endSession')),
    on(['POST'], `${API}/oauth/account/apps`, accountPage(oidc, 'revokeApp')),
    on(['POST'], `${API}/oauth/introspect`, introspect(oidc)),
    on(['POST'], `${API}/oauth/revoke`, revoke(oidc)),
    on(['GET', 'POST'], `${API}/oauth/userinfo`, userinfo(oidc)),

    on(['GET'], `${API}/oauth/login`, showPage(oidc)),
    on(['POST'], `${API}/oauth/login/submit`, submitPage(oidc, 'login')),
    on(['POST'], `${API}/oauth/login/json`, loginJson(oidc)),
    on(['GET'], `${API}/oauth/consent`, showPage(oidc)),
    on(['POST'], `${API}/oauth/consent`, submitPage(oidc, 'consent')),
    on(['GET'], `${API}/oauth/assets/:file`, asset),

    on(['GET'], `${API}/oauth/logout`, toEngine(oidc)),
    on(['POST'], `${API}/oauth/logout`, asGet(oidc, '/oauth/logout')),
    on(['POST'], `${API}/oauth/logout/confirm`, toEngine(oidc)),
    on(['GET'], `${API}/oauth/logout/success`, toEngine(oidc)),

    on(['GET'], `${API}/oauth/check_session`, checkSession(oidc)),

    ...[API, ORG].flatMap((prefix) => [
      on(['GET'], `${prefix}/.well-known/openid-configuration`, discovery(oidc)),
      on(['GET'], `${prefix}/.well-known/oauth-authorization-server`, discovery(oidc)),
      on(['GET'], `${prefix}/.well-known/jwks.json`, jwks(oidc)),
    ]),
    // RFC 8414 section 3: the well-known name stands in front of the issuer's path.
    on(['GET'], `/.well-known/openid-configuration${API}`, discovery(oidc)),
    on(['GET'], `/.well-known/oauth-authorization-server${API}`, discovery(oidc)),
  ];
}

/** An endpoint that is the engine's alone. */
function toEngine({ engines }: Oidc): OAuthHandler {
  return async (request, reply) => {
    const engine = await engines.current();
    const query = readQuery(request);
    const [path = ''] = request.url.split('?');
    return handToEngine(engine, request, reply, {
      path: path.slice(path.indexOf('/oauth/')),
      query,
      ...(request.method === 'POST' && { form: readParameters(request) }),
    });
  };
}
