import type { Interaction } from 'oidc-provider';
import { type AuthorizationDetail, describeDetail } from '../core/authorization-details.js';
import type { User } from '../core/user.js';
import { mayAct } from '../core/user.js';
import { CONSENT_FORM, type ConsentDetail, describeScope, renderConsent } from '../pages/index.js';
import type { Engine } from './build-engine.js';
import { claimsIn, scopeOfClaim } from './claims-parameter.js';
import type { EngineDeps, EngineOrg } from './engine-deps.js';
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
      ...(client.digest !== null && { version: client.digest }),
      account: { email: user.email, ...(user.name && { name: user.name }) },
      scopes: scopesToShow(flow.interaction).map((name) => ({ name, description: describeScope(name) })),
      claims: claimsToShow(flow.interaction),
      details: detailsToShow(flow.interaction, engine.org),
    });
    return page(html, 200, [client.redirectUri]);
  };
}

/** What was posted from the consent page. Only a clear yes is a yes. */
export function submitConsent(deps: EngineDeps) {
  const { clock, consents, transactions, outbox } = deps;
  const show = showConsent(deps);
  return async (engine: Engine, flow: Flow, form: URLSearchParams): Promise<FlowAnswer> => {
    const { interaction } = flow;
    const [client, user] = await Promise.all([
      flowClient(engine, interaction),
      signedInUser(deps, engine, interaction),
    ]);
    if (!client || !user) return flowIsOver(engine.org);
    // What describes itself may have become another one while the page was open: that one is shown first.
    if ((form.get(CONSENT_FORM.version) ?? null) !== client.digest) return show(engine, flow);
    const decision = form.get(CONSENT_FORM.decision);
    if (decision === CONSENT_FORM.switchAccount) return { kind: 'redirect', url: signInAgain(engine, interaction) };
    if (decision !== CONSENT_FORM.allow) {
      const denied = { error: 'access_denied', error_description: 'The person did not allow it.' };
      return { kind: 'redirect', url: await answerFlow(flow, denied) };
    }
    const clientId = String(interaction.params.client_id);
    const scopes = requestedScopes(interaction);
    const claims = requestedClaims(interaction);
    const details = requestedDetails(interaction);
    await transactions.run(async (tx) => {
      const clientDigest = client.digest ?? undefined;
      const allowed = { userId: user.id, clientId, scopes, claims, ...(clientDigest && { clientDigest }) };
      await consents.add(tx, allowed, new Date(clock.now()));
      await outbox.append(tx, {
        name: 'consent.granted',
        actor: { type: 'user', id: user.id, name: user.email },
        target: { type: 'client', id: clientId, name: client.name },
        data: {
          scopes,
          ...(claims.length > 0 && { claims }),
          ...(details.length > 0 && { authorizationDetails: details }),
        },
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

/** Single claims (OpenID Connect Core section 5.5), as far as the client may name any. */
function requestedClaims({ params }: Interaction): readonly string[] {
  if (typeof params.claims !== 'string') return [];
  const { userinfo, id_token: idToken } = JSON.parse(params.claims) as { userinfo?: object; id_token?: object };
  return [...new Set([...claimsIn(userinfo), ...claimsIn(idToken)])];
}

/** What is asked for beside the scopes and not told by them. */
function claimsToShow(interaction: Interaction): readonly string[] {
  const { missingOIDCClaims = [] } = interaction.prompt.details as { missingOIDCClaims?: readonly string[] };
  const scopes = requestedScopes(interaction);
  return missingOIDCClaims.filter((claim) => !scopes.includes(scopeOfClaim(claim) ?? ''));
}

function requestedDetails({ params }: Interaction): readonly AuthorizationDetail[] {
  const { authorization_details: text } = params;
  return typeof text === 'string' ? (JSON.parse(text) as readonly AuthorizationDetail[]) : [];
}

/** Every detail in the words of its type; the engine has judged that each has one. */
function detailsToShow(interaction: Interaction, { detailTypes }: EngineOrg): readonly ConsentDetail[] {
  return requestedDetails(interaction).flatMap((detail) => {
    const type = detailTypes.find((known) => known.type === detail.type);
    return type
      ? [{ name: type.name, description: type.description ?? undefined, lines: describeDetail(detail, type) }]
      : [];
  });
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
  for (const [name, values] of Object.entries(params)) {
    for (const value of [values].flat()) if (typeof value === 'string') query.append(name, value);
  }
  query.set('prompt', 'login');
  return `${org.mount}/oauth/authorize?${query}`;
}
