import { accountEmail, clientName, csrfField, orgName } from './fragments.js';
import { html, isLinkable } from './html.js';
import { layout } from './layout.js';
import type { AccountIdentity, CsrfField, PageFrame } from './page-model.js';
import { textsFor } from './texts.js';

/** Field and value of the sign-out form: `logout=yes` signs out; without the field the person stays signed in. */
export const LOGOUT_FORM = { decision: 'logout', confirm: 'yes' } as const;

export interface LogoutConfirmModel {
  readonly frame: PageFrame;
  readonly action: string;
  readonly csrf: CsrfField;
  readonly account?: AccountIdentity;
}

/** Asks before it signs out, because anyone can send a browser to this page (OpenID Connect RP-Initiated Logout 1.0, section 2). */
export function renderLogoutConfirm(model: LogoutConfirmModel): string {
  const { frame, account } = model;
  const texts = textsFor(frame.locale);
  const t = texts.logoutConfirm;
  const body = html`<h1>${t.heading(orgName(frame, texts))}</h1>
<p class="lead">${account && html`${t.signedInAs(accountEmail(account))} `}${t.effect}</p>
<form method="post" action="${model.action}" data-once>
${csrfField(model.csrf)}
<div class="actions">
<button class="primary" type="submit" name="${LOGOUT_FORM.decision}" value="${LOGOUT_FORM.confirm}">${t.confirm}</button>
<button class="quiet" type="submit">${t.stay}</button>
</div>
</form>`;
  return layout(frame, { title: t.title, body });
}

export interface LoggedOutModel {
  readonly frame: PageFrame;
  /** The app to go back to; without a web address of its own it is not linked. */
  readonly client?: { readonly name: string; readonly url?: string };
}

/** Says that the session is over. */
export function renderLoggedOut({ frame, client }: LoggedOutModel): string {
  const texts = textsFor(frame.locale);
  const t = texts.loggedOut;
  const link =
    client?.url !== undefined && /^https?:/i.test(client.url) && isLinkable(client.url)
      ? html`<div class="actions"><a class="button secondary" href="${client.url}">${t.backTo(clientName(client, texts))}</a></div>`
      : undefined;
  const body = html`<div class="status done" aria-hidden="true">${DONE}</div>
<h1>${t.title}</h1>
<p class="lead">${t.body(orgName(frame, texts))}</p>
${link}`;
  return layout(frame, { title: t.title, body });
}

const DONE = html`<svg viewBox="0 0 24 24" width="24" height="24" focusable="false">
<path d="m6 12.6 4 4 8.2-8.8" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/></svg>`;
