import { isDomainError } from '@lumo/kit';
import { requireContext, requireOrg } from '@lumo/tenancy';
import { acrOf } from '../core/assurance.js';
import { renderSignIn, SIGN_IN_FORM, type SignInProblem } from '../pages/index.js';
import type { PasswordRefusal, VerifyPassword } from '../ports.js';
import type { Engine } from './build-engine.js';
import type { EngineDeps } from './engine-deps.js';
import { answerFlow, type Flow } from './flow.js';
import { type FlowAnswer, flowIsOver, page } from './flow-answer.js';
import { flowClient } from './flow-client.js';
import { pageFrame } from './page-frame.js';

const MESSAGES: Readonly<Record<PasswordRefusal, SignInProblem>> = {
  invalid_credentials: { at: 'credentials', message: 'The email address or the password is wrong.' },
  locked: { message: 'There were too many attempts. Wait a few minutes and try again.' },
  blocked: { message: 'This account is blocked. Ask an administrator of your organization.' },
  inactive: { message: 'This account is not active. Ask an administrator of your organization.' },
};

/** The sign-in page, empty or with what was wrong. */
export async function showSignIn(
  engine: Engine,
  flow: Flow,
  shown: { readonly email?: string; readonly problem?: SignInProblem; readonly status?: number } = {},
): Promise<FlowAnswer> {
  const client = await flowClient(engine, flow.interaction);
  if (!client) return flowIsOver(engine.org);
  const hint = flow.interaction.params.login_hint;
  const email = shown.email ?? (typeof hint === 'string' ? hint.slice(0, 320) : undefined);
  const html = renderSignIn({
    frame: pageFrame(engine.org),
    action: `${engine.org.mount}/oauth/login/submit?flow=${encodeURIComponent(flow.id)}`,
    csrf: flow.csrf,
    client,
    cancellable: true,
    ...(email !== undefined && { email }),
    ...(shown.problem && { problem: shown.problem }),
  });
  return page(html, shown.status, [client.redirectUri]);
}

/** What was posted from the sign-in page. */
export function submitSignIn(deps: EngineDeps, verifyPassword: VerifyPassword) {
  return async (engine: Engine, flow: Flow, form: URLSearchParams): Promise<FlowAnswer> => {
    if (form.get(SIGN_IN_FORM.decision) === SIGN_IN_FORM.cancel) {
      const denied = { error: 'access_denied', error_description: 'The person did not sign in.' };
      return { kind: 'redirect', url: await answerFlow(flow, denied) };
    }
    const email = form.get(SIGN_IN_FORM.email)?.trim() ?? '';
    const password = form.get(SIGN_IN_FORM.password) ?? '';
    const missing = missingField(email, password);
    if (missing) return showSignIn(engine, flow, { email, problem: missing, status: 400 });

    const checked = await check(verifyPassword, email, password);
    if ('problem' in checked) return showSignIn(engine, flow, { email, ...checked });
    const { userId } = checked;
    await leaveOtherAccount(deps, flow, userId);
    const login = { accountId: userId, amr: ['pwd'], acr: acrOf(['pwd']), ts: Math.floor(deps.clock.now() / 1000) };
    return { kind: 'redirect', url: await answerFlow(flow, { login }) };
  };
}

function missingField(email: string, password: string): SignInProblem | undefined {
  if (email === '') return { at: 'email', message: 'Enter your email address.' };
  return password === '' ? { at: 'password', message: 'Enter your password.' } : undefined;
}

async function check(
  verifyPassword: VerifyPassword,
  login: string,
  password: string,
): Promise<{ readonly userId: string } | { readonly problem: SignInProblem; readonly status: number }> {
  try {
    const ctx = { ...requireContext(), org: requireOrg() };
    const verified = await verifyPassword(ctx, { login, password });
    return verified.ok ? { userId: verified.value.id } : { problem: MESSAGES[verified.error], status: 400 };
  } catch (error) {
    if (!isDomainError(error) || (error.kind !== 'unavailable' && error.kind !== 'exhausted')) throw error;
    return { problem: { message: 'Too many people sign in right now. Try again in a moment.' }, status: 503 };
  }
}

/**
 * Somebody else was signed in with this browser: their session ends, and the flow goes on without it. The engine would
 * sign them out with a page that needs script.
 */
async function leaveOtherAccount(deps: EngineDeps, flow: Flow, userId: string): Promise<void> {
  const { interaction } = flow;
  if (!interaction.session || interaction.session.accountId === userId) return;
  const { uid } = interaction.session;
  interaction.session = undefined;
  await deps.transactions.run((tx) => deps.endSessions(tx, { uid }, 'signed_out'));
}
