import { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { type AuthorizationDetail, areGranted, checkDetail } from '../core/authorization-details.js';
import type { EngineOrg } from './engine-deps.js';

type Feature = Extract<
  NonNullable<NonNullable<Configuration['features']>['richAuthorizationRequests']>,
  { readonly enabled: true }
>;

/**
 * RFC 9396 with the types that the org registered. What a person allowed on the consent page is what the code carries; a
 * token request may ask for less of it, never for more (sections 6 and 7).
 */
export function richAuthorization({ detailTypes }: EngineOrg): Feature {
  const types = Object.fromEntries(
    detailTypes.map((type) => [
      type.type,
      {
        validate(_ctx: KoaContextWithOIDC, detail: AuthorizationDetail) {
          const checked = checkDetail(detail, type);
          if (!checked.ok) throw new errors.InvalidAuthorizationDetails(checked.error);
        },
      },
    ]),
  );
  const feature = {
    enabled: true,
    types,
    authorizationDetailsForGrantSource: (ctx: KoaContextWithOIDC) => requestedDetails(ctx),
    authorizationDetailsForAccessToken(
      ctx: KoaContextWithOIDC,
      _token: unknown,
      source: { readonly rar?: readonly AuthorizationDetail[] } | undefined,
    ) {
      const requested = requestedDetails(ctx);
      // A machine that asks for itself may ask for every type that it is registered for.
      if (!source) return requested;
      const granted = source.rar ?? [];
      if (!requested) return granted;
      if (!areGranted(requested, granted)) {
        throw new errors.InvalidAuthorizationDetails('authorization_details were not granted');
      }
      return requested;
    },
    authorizationDetailsForIntrospection: (
      _ctx: KoaContextWithOIDC,
      token: { readonly rar?: readonly AuthorizationDetail[] },
    ) => token.rar,
  };
  // The types of the engine tell each kind of token apart; here they are treated alike.
  return feature as unknown as Feature;
}

/** What the request asks for; the engine has judged it against the types by then. */
export function requestedDetails({ oidc: { params } }: KoaContextWithOIDC): readonly AuthorizationDetail[] | undefined {
  const text = params?.authorization_details;
  return typeof text === 'string' ? (JSON.parse(text) as readonly AuthorizationDetail[]) : undefined;
}
