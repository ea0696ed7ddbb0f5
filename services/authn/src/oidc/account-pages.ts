import { requireContext } from '@lumo/tenancy';
import type { decideApproval } from '../app/decide-approval.js';
import type { disconnectApp } from '../app/disconnect-app.js';
import type { EndSessions } from '../app/end-sessions.js';
import type { ApprovalStore, ConnectedAppStore } from '../approval-ports.js';
import { type Approval, formatUserCode, parseUserCode } from '../core/approval.js';
import type { OAuthClient } from '../core/oauth-client.js';
import { ACCOUNT_FORM, renderAccount } from '../pages/account.js';
import { ACCOUNT_TEXTS } from '../pages/account-texts.js';
import { renderApproval } from '../pages/approval.js';
import { renderDecided, renderDeviceCode } from '../pages/device.js';
import { type ClientIdentity, CONSENT_FORM, describeScope, renderError } from '../pages/index.js';
import { openAccountState, signInToAccount } from './account-client.js';
import { type AccountSession, readAccountSession } from './account-session.js';
import type { Engine } from './build-engine.js';
import type { EngineDeps } from './engine-deps.js';
import { CSRF_FIELD } from './flow.js';
import { type FlowAnswer, flowIsOver, page } from './flow-answer.js';
import { pageFrame } from './page-frame.js';

/** A request for one of these pages. */
export interface AccountRequest {
  readonly query: URLSearchParams;
  readonly cookies: string | undefined;
  readonly form?: URLSearchParams;
}

export type AccountPage = (engine: Engine, request: AccountRequest) => Promise<FlowAnswer>;

export interface AccountPages {
  readonly device: AccountPage;
  readonly approval: AccountPage;
  readonly account: AccountPage;
  readonly endSession: AccountPage;
  readonly revokeApp: AccountPage;
  /** Where the sign-in of these pages comes back to. */
  readonly comeBack: AccountPage;
}

export interface AccountPageDeps extends EngineDeps {
  readonly approvals: ApprovalStore;
  readonly apps: ConnectedAppStore;
  readonly endSessions: EndSessions;
  readonly decide: ReturnType<typeof decideApproval>;
  readonly disconnect: ReturnType<typeof disconnectApp>;
  /** Tells a client that asked to be told; nothing for others. */
  notify(approval: Approval): Promise<void>;
  /** False where this address has tried too many codes in the last minute. */
  mayTryCode(address: string): Promise<boolean>;
}

/** The pages on which people answer what waits for them, and see and change what is theirs. */
export function createAccountPages(deps: AccountPageDeps): AccountPages {
  const now = () => new Date(deps.clock.now());

  const csrfOf = ({ org }: Engine, { uid }: AccountSession) => ({
    fieldName: CSRF_FIELD,
    value: deps.mac('account form', org.id, uid),
  });
  /** The value is a MAC over what only this browser's session knows: equal or forged, there is nothing to learn by timing. */
  const isCsrf = (engine: Engine, session: AccountSession, form: URLSearchParams | undefined) =>
    form?.get(CSRF_FIELD) === csrfOf(engine, session).value;

  /** The page for whoever is signed in; everybody else signs in first and comes back to it. */
  const signedIn =
    (
      path: (request: AccountRequest) => string,
      show: (engine: Engine, request: AccountRequest, session: AccountSession) => Promise<FlowAnswer>,
    ): AccountPage =>
    async (engine, request) => {
      const session = await readAccountSession(deps, engine, request.cookies);
      if (session) return show(engine, request, session);
      return { kind: 'redirect', url: signInToAccount(deps, engine.org, `${engine.org.mount}${path(request)}`) };
    };

  const activeClient = async (clientId: string): Promise<OAuthClient | undefined> => {
    const found = await deps.clients.find(clientId);
    return found?.client.isActive ? found.client : undefined;
  };

  const device: AccountPage = async ({ org }, { query, form }) => {
    const frame = pageFrame(org);
    const action = `${org.mount}/oauth/device`;
    const typed = form?.get('user_code') ?? undefined;
    if (typed === undefined) {
      // A code that came with a link is shown and not used: the person has to compare it (RFC 8628 section 3.3.1).
      const code = parseUserCode(query.get('user_code') ?? '');
      return page(renderDeviceCode({ frame, action, ...(code && { code: formatUserCode(code) }) }));
    }
    const code = parseUserCode(typed);
    const found = code && (await deps.approvals.byUserCode(code, now()));
    if (found) {
      const parameters = new URLSearchParams({ request: found.id, code });
      return { kind: 'redirect', url: `${org.mount}/oauth/approve?${parameters}` };
    }
    const mayTry = await deps.mayTryCode(requireContext().ip ?? '');
    const problem = mayTry ? 'wrong' : 'too_many';
    return page(renderDeviceCode({ frame, action, code: typed.slice(0, 20), problem }), mayTry ? 400 : 429);
  };

  const approval = signedIn(
    ({ query }) => `/oauth/approve?${query}`,
    async (engine, { query, form }, session) => {
      const { org } = engine;
      const found = await deps.approvals.byId(query.get('request') ?? '', now());
      const isAsked = found && (found.userId === undefined || found.userId === session.user.id);
      const client = isAsked ? await activeClient(found.clientId) : undefined;
      if (!found || !client) return requestIsGone(engine);
      const identity = identityOf(client);
      if (form) {
        if (!isCsrf(engine, session, form)) return flowIsOver(org);
        const allow = form.get(CONSENT_FORM.decision) === CONSENT_FORM.allow;
        const { user, authTime, amr, acr } = session;
        const approver = { userId: user.id, email: user.email, authTime, amr, ...(acr !== undefined && { acr }) };
        const settled = await deps.decide({ approval: found, client, approver, allow, settings: org.settings });
        if (!settled) return requestIsGone(engine);
        await deps.notify(found);
        return page(renderDecided({ frame: pageFrame(org), client: identity, allowed: allow }));
      }
      const { scopes, bindingMessage, ip, userAgent } = found.request;
      const code = parseUserCode(query.get('code') ?? '');
      return page(
        renderApproval({
          frame: pageFrame(org),
          action: `${org.mount}/oauth/approve?${query}`,
          csrf: csrfOf(engine, session),
          kind: found.kind,
          client: identity,
          account: accountOf(session),
          scopes: scopes.map((name) => ({ name, description: describeScope(name) })),
          ...(found.kind === 'device' && code && { code: formatUserCode(code) }),
          ...(bindingMessage !== undefined && { bindingMessage }),
          ...(ip !== undefined && { ip }),
          ...(userAgent !== undefined && { userAgent }),
          askedAt: found.createdAt,
        }),
      );
    },
  );

  const account = signedIn(
    () => '/oauth/account',
    async (engine, { query }, session) => {
      const { org } = engine;
      const { user } = session;
      const [waiting, sessions, apps] = await Promise.all([
        deps.approvals.ofUser(user.id, now()),
        deps.sessions.list({ page: 1, limit: 50, userId: user.id }, now()),
        deps.apps.ofUser(user.id),
      ]);
      const named = async <T extends { readonly clientId: string }>(items: readonly T[]) => {
        const clients = await Promise.all(items.map(({ clientId }) => activeClient(clientId)));
        return items.flatMap((item, index) => {
          const client = clients[index];
          return client ? [{ ...item, client: identityOf(client) }] : [];
        });
      };
      const done = query.get('done');
      return page(
        renderAccount({
          frame: pageFrame(org),
          csrf: csrfOf(engine, session),
          account: accountOf(session),
          paths: {
            endSession: `${org.mount}/oauth/account/sessions`,
            revokeApp: `${org.mount}/oauth/account/apps`,
            approval: `${org.mount}/oauth/approve`,
            signOut: `${org.mount}/oauth/logout`,
          },
          waiting: await named(waiting),
          sessions: sessions.rows.map(({ number, uid, userAgent, ip, lastSeenAt }) => ({
            number,
            isCurrent: uid === session.uid,
            userAgent,
            ip,
            lastUsed: lastSeenAt,
          })),
          apps: await named(apps),
          ...((done === 'ended' || done === 'revoked') && { done }),
        }),
      );
    },
  );

  /** A form of the account page: the change, then the page again. */
  const change = (
    what: 'ended' | 'revoked',
    apply: (session: AccountSession, form: URLSearchParams) => Promise<void>,
  ): AccountPage =>
    signedIn(
      () => '/oauth/account',
      async (engine, { form = new URLSearchParams() }, session) => {
        if (!isCsrf(engine, session, form)) return flowIsOver(engine.org);
        await apply(session, form);
        return { kind: 'redirect', url: `${engine.org.mount}/oauth/account?done=${what}` };
      },
    );

  return {
    device,
    approval,
    account,
    endSession: change('ended', async ({ user }, form) => {
      const number = form.get(ACCOUNT_FORM.session) ?? '';
      const session = /^\d{1,16}$/.test(number) ? await deps.sessions.byNumber(Number(number), now()) : undefined;
      if (session?.userId !== user.id) return;
      await deps.transactions.run((tx) => deps.endSessions(tx, { uid: session.uid }, 'revoked'));
    }),
    revokeApp: change('revoked', async ({ user }, form) => {
      await deps.disconnect(user, form.get(ACCOUNT_FORM.client) ?? '');
    }),
    async comeBack({ org }, { query }) {
      const path = openAccountState(deps, org, query.get('state') ?? undefined);
      // Whoever did not sign in has nothing to see; the page itself says so by asking again only when it is opened again.
      if (path === undefined || query.has('error')) return flowIsOver(org);
      return { kind: 'redirect', url: path };
    },
  };
}

/** Answered, ran out, of somebody else, or never there: nobody learns which. */
function requestIsGone({ org }: Engine): FlowAnswer {
  const { requestId } = requireContext();
  const problem = { message: ACCOUNT_TEXTS.approval.gone, code: 'request_gone', requestId };
  return page(renderError({ frame: pageFrame(org), problem }), 404);
}

function accountOf({ user }: AccountSession) {
  return { email: user.email, ...(user.name && { name: user.name }) };
}

/** A name can be chosen by anyone; a host belongs to somebody. A device has none. */
function identityOf({ name, clientId, redirectUris }: OAuthClient): ClientIdentity {
  const host = URL.parse(clientId)?.host || URL.parse(redirectUris[0] ?? '')?.host;
  return { name, ...(host && { host }) };
}
