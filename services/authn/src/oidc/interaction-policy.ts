import { interactionPolicy } from 'oidc-provider';

const { base, Check } = interactionPolicy;

/**
 * When a person is asked something: the engine's own rules, and one more. A session outlives the right of its person to
 * act by the moment in which the two are written; then it is worth nothing.
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
  return policy;
}
