import { ACCOUNT_TEXTS } from './account-texts.js';
import { shownTime } from './approval.js';
import { displayText } from './display-text.js';
import { accountCard, clientName, csrfField, hostName } from './fragments.js';
import { type Html, html } from './html.js';
import { layout } from './layout.js';
import type { AccountIdentity, ClientIdentity, CsrfField, PageFrame } from './page-model.js';
import { describeScope, textsFor } from './texts.js';

/** Field names of the forms of the account page. */
export const ACCOUNT_FORM = { session: 'session', client: 'client' } as const;

export interface AccountModel {
  readonly frame: PageFrame;
  readonly csrf: CsrfField;
  readonly account: AccountIdentity;
  readonly paths: {
    readonly endSession: string;
    readonly revokeApp: string;
    readonly approval: string;
    readonly signOut: string;
  };
  readonly waiting: readonly { readonly id: string; readonly client: ClientIdentity }[];
  readonly sessions: readonly {
    readonly number: number;
    readonly isCurrent: boolean;
    readonly userAgent: string | null;
    readonly ip: string | null;
    readonly lastUsed: Date;
  }[];
  readonly apps: readonly {
    readonly clientId: string;
    readonly client: ClientIdentity;
    readonly scopes: readonly string[];
    readonly since: Date;
  }[];
  readonly done?: 'ended' | 'revoked';
}

/** What a person sees of the own account: where it is signed in, what may act for it, what waits for an answer. */
export function renderAccount(model: AccountModel): string {
  const { frame, paths, csrf } = model;
  const texts = textsFor(frame.locale);
  const t = ACCOUNT_TEXTS.account;
  const button = (action: string, field: string, value: string, label: string, about: Html): Html =>
    html`<form method="post" action="${action}" class="inline" data-once>
${csrfField(csrf)}<input type="hidden" name="${field}" value="${value}">
<button class="small" type="submit">${label}<span class="visually-hidden">: ${about}</span></button>
</form>`;

  const waiting = model.waiting.map(
    ({ id, client }) => html`<li><span>${t.waitingFor(clientName(client, texts))}</span>
<a class="small button" href="${paths.approval}?request=${encodeURIComponent(id)}">${t.look}</a></li>`,
  );
  const sessions = model.sessions.map(({ number, isCurrent, userAgent, ip, lastUsed }) => {
    const browser = html`<bdi>${displayText(userAgent ?? '', t.unknownBrowser, 90)}</bdi>`;
    const details = [ip && displayText(ip, '?', 64), t.lastUsed(shownTime(lastUsed))].filter(Boolean).join(' · ');
    return html`<li><span>${isCurrent && html`<b>${t.thisOne}</b> `}${browser}<small>${details}</small></span>
${!isCurrent && button(paths.endSession, ACCOUNT_FORM.session, String(number), t.endSession, browser)}</li>`;
  });
  const apps = model.apps.map(({ clientId, client, scopes, since }) => {
    const name = clientName(client, texts);
    const may = scopes.map((scope) => displayText(describeScope(scope), scope, 100)).join(' · ');
    return html`<li><span>${client.host !== undefined && html`${hostName(client.host)} `}${name}<small>${may}</small><small>${t.since(shownTime(since))}</small></span>
${button(paths.revokeApp, ACCOUNT_FORM.client, clientId, t.revoke, name)}</li>`;
  });
  const body = html`<h1>${t.title}</h1>
<p class="lead">${t.lead}</p>
${model.done && html`<p class="done-note" role="status">${t[model.done]}</p>`}
${accountCard(model.account, html`<a class="small button" href="${paths.signOut}">${t.signOut}</a>`)}
${waiting.length > 0 && section('waiting', t.waiting, waiting)}
${section('sessions', t.sessions, sessions)}
${apps.length > 0 ? section('apps', t.apps, apps) : html`<h2>${t.apps}</h2><p class="note">${t.noApps}</p>`}`;
  return layout(frame, { title: t.title, body });
}

function section(id: string, title: string, items: readonly Html[]): Html {
  return html`<h2 id="${id}">${title}</h2>
<ul class="items" aria-labelledby="${id}">${items}</ul>`;
}
