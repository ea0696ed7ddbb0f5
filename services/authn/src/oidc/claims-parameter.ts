import { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { CLAIMS } from './account.js';
import { factsOf } from './client-facts.js';

type Feature = NonNullable<NonNullable<Configuration['features']>['claimsParameter']>;

/**
 * OpenID Connect Core section 5.5, where the org or the client turned it on. Elsewhere the parameter is ignored, as every
 * parameter is that a server does not know (section 3.1.2.1).
 */
export const CLAIMS_PARAMETER: Feature = {
  enabled: true,
  assertClaimsParameter(ctx, claims, client) {
    if (!factsOf(client).claimsParameter) {
      if (ctx.oidc.params) ctx.oidc.params.claims = undefined;
      return;
    }
    for (const [part, members] of Object.entries(claims)) {
      if (part !== 'userinfo' && part !== 'id_token') continue;
      const isFit = Object.values(members ?? {}).every(
        (member) => member === null || (typeof member === 'object' && !Array.isArray(member)),
      );
      if (!isFit) throw new errors.InvalidRequest(`the members of claims.${part} are null or objects`);
    }
  },
};

/** Claims about the protocol and not about a person: nobody is asked whether they may be told. */
const ALWAYS = new Set<string>(['sub', 'sid', 'auth_time', 'acr', 'amr', 'iss', 'tenant']);

const SCOPE_OF = new Map<string, string>(
  Object.entries(CLAIMS).flatMap(([scope, claims]) => claims.map((claim): [string, string] => [claim, scope])),
);

/** The claims about a person that a request names one by one. */
export function namedClaims({ oidc }: KoaContextWithOIDC): readonly string[] {
  return [...oidc.requestParamClaims].filter((claim) => !ALWAYS.has(claim));
}

/** The scope under which a claim is told otherwise. */
export function scopeOfClaim(claim: string): string | undefined {
  return SCOPE_OF.get(claim);
}

/** Names in one part of the parameter, as far as they are claims that we have. */
export function claimsIn(part: object | undefined): readonly string[] {
  return Object.keys(part ?? {}).filter((claim) => SCOPE_OF.has(claim));
}
