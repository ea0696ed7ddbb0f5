import { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';

const { base, Check } = interactionPolicy;

/**
 * When a person is asked something: the engine's own rules, and two of ours. A session outlives the right of its person to
 * act by the moment in which the two are written; then it is worth nothing. And a demand for a stronger sign-in asks for
 * one sign-in: where that is not strong enough, the client is told (OpenID Connect Core section 5.5.1.1).
 */
export function signInPolicy(): ReturnType<typeof base> {
  const policy = base();
  const login = policy.get('login');
  login?.checks.add(
    new Check('person_may_not_act', 'End-User authentication is required', 'login_required', (ctx) =>
      ctx.oidc.session?.accountId !== undefined && ctx.oidc.account === undefined
        ? Check.REQUEST_PROMPT
        : Check.NO_NEED_TO_PROMPT,
    ),
  );
  login?.checks.remove('essential_acr');
  login?.checks.remove('essential_acrs');
  login?.checks.add(
    new Check('essential_acr', 'the requested acr could not be obtained', 'login_required', (ctx) => {
      if (!lacksAssurance(ctx)) return Check.NO_NEED_TO_PROMPT;
      if (!ctx.oidc.result?.login) return Check.REQUEST_PROMPT;
      throw new errors.CustomOIDCProviderError(
        'unmet_authentication_requirements',
        'the person could not sign in as strongly as the request demands',
      );
    }),
  );
  return policy;
}

/** Whether the request has an essential `acr` that the sign-in is not. */
function lacksAssurance({ oidc }: KoaContextWithOIDC): boolean {
  const { essential, value, values } = oidc.claims.id_token?.acr ?? {};
  const accepted = [...(Array.isArray(values) ? values : []), ...(typeof value === 'string' ? [value] : [])];
  return essential === true && accepted.length > 0 && !accepted.includes(oidc.acr ?? '');
}
