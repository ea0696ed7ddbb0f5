import type { Interaction } from 'oidc-provider';
import type { User } from '../core/user.js';
import { mayAct } from '../core/user.js';
import { CONSENT_FORM, describeScope, renderConsent } from '../pages/index.js';
import type { Engine } from './build-engine.js';
import type { EngineDeps } from './engine-deps.js';
import { answerFlow, type Flow } from './flow.js';
import { type FlowAnswer, flowIsOver, page } from './flow-answer.js';
import { flowClient } from './flow-client.js';
import { pageFrame } from './page-frame.js';

/** The page that asks whether an app may do what it wants. */
export function showConsent(deps: EngineDeps) {
  return async (engine: Engine, flow: Flow): Promise<FlowAnswer> => {
    const [client, user] = await Promise.all([
      flowClient(engine, flow.interaction),
      signedInUser(deps, engine, flow.interaction),
    ]);
    if (!client || !user) return flowIsOver(engine.org);
    const html = renderConsent({
      frame: pageFrame(engine.org),
      action: `${engine.org.mount}/oauth/consent?flow=${encodeURIComponent(flow.id)}`,
      csrf: flow.csrf,
      client,
      account: { email: user.email, ...(user.name && { name: user.name }) },
      scopes: scopesToShow(flow.interaction).map((name) => ({ name, description: describeScope(name) })),
    });
    return page(html, 200, [client.redirectUri]);
  };
}

/** What was posted from the consent page. Only a clear yes is a yes. */
export function submitConsent(deps: EngineDeps) {
  const { clock, consents, transactions, outbox } = deps;
  return async (engine: Engine, flow: Flow, form: URLSearchParams): Promise<FlowAnswer> => {
    const { interaction } = flow;
    const [client, user] = await Promise.all([
      flowClient(engine, interaction),
      signedInUser(deps, engine, interaction),
    ]);
    if (!client || !user) return flowIsOver(engine.org);
    const decision = form.get(CONSENT_FORM.decision);
    if (decision === CONSENT_FORM.switchAccount) return { kind: 'redirect', url: signInAgain(engine, interaction) };
    if (decision !== CONSENT_FORM.allow) {
      const denied = { error: 'access_denied', error_description: 'The person did not allow it.' };
      return { kind: 'redirect', url: await answerFlow(flow, denied) };
    }
    const clientId = String(interaction.params.client_id);
    const scopes = requestedScopes(interaction);
    await transactions.run(async (tx) => {
      await consents.add(tx, { userId: user.id, clientId, scopes }, new Date(clock.now()));
      await outbox.append(tx, {
        name: 'consent.granted',
        actor: { type: 'user', id: user.id, name: user.email },
        target: { type: 'client', id: clientId, name: client.name },
        data: { scopes },
      });
    });
    return { kind: 'redirect', url: await answerFlow(flow, { consent: {} }) };
  };
}

/** The person of the session that the flow belongs to; undefined where it ended or became another's meanwhile. */
async function signedInUser(
  { users }: EngineDeps,
  { provider }: Engine,
  { session }: Interaction,
): Promise<User | undefined> {
  if (!session) return undefined;
  const current = await provider.Session.findByUid(session.uid);
  if (current?.accountId !== session.accountId) return undefined;
  const user = await users.byId(session.accountId);
  return user && mayAct(user) ? user : undefined;
}

function requestedScopes({ params }: Interaction): readonly string[] {
  return typeof params.scope === 'string' ? params.scope.split(' ') : [];
}

/** What was not allowed before; everything where the app wants the question asked again. */
function scopesToShow(interaction: Interaction): readonly string[] {
  const { missingOIDCScope = [], missingResourceScopes = {} } = interaction.prompt.details as {
    missingOIDCScope?: readonly string[];
    missingResourceScopes?: Readonly<Record<string, readonly string[]>>;
  };
  const missing = new Set([...missingOIDCScope, ...Object.values(missingResourceScopes).flat()]);
  const requested = requestedScopes(interaction);
  return missing.size === 0 ? requested : requested.filter((scope) => missing.has(scope));
}

/** The same request once more, with a sign-in in front of it. */
function signInAgain({ org }: Engine, { params }: Interaction): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (typeof value === 'string') query.set(name, value);
  query.set('prompt', 'login');
  return `${org.mount}/oauth/authorize?${query}`;
}
