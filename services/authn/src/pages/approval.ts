import { ACCOUNT_TEXTS } from './account-texts.js';
import { CONSENT_FORM, type ConsentScope, scopeList } from './consent.js';
import { displayText } from './display-text.js';
import { accountCard, clientName, csrfField, hostName } from './fragments.js';
import { type Html, html } from './html.js';
import { layout } from './layout.js';
import type { AccountIdentity, ClientIdentity, CsrfField, PageFrame } from './page-model.js';
import { textsFor } from './texts.js';

export interface ApprovalModel {
  readonly frame: PageFrame;
  readonly action: string;
  readonly csrf: CsrfField;
  readonly kind: 'device' | 'ciba';
  readonly client: ClientIdentity;
  readonly account: AccountIdentity;
  readonly scopes: readonly ConsentScope[];
  /** What the device shows, for comparison; absent where nobody typed it. */
  readonly code?: string;
  readonly bindingMessage?: string;
  readonly ip?: string;
  readonly userAgent?: string;
  readonly askedAt: Date;
}

/**
 * On which a person allows what was asked for on another device. It says who asked, from where and when, because that is all
 * there is against somebody who talks a person into entering a code (RFC 8628 section 5.4).
 */
export function renderApproval(model: ApprovalModel): string {
  const { frame, client, kind } = model;
  const texts = textsFor(frame.locale);
  const t = ACCOUNT_TEXTS.approval;
  const name = clientName(client, texts);
  const facts: readonly (readonly [string, Html | undefined])[] = [
    [t.code, model.code === undefined ? undefined : html`<bdi class="code" dir="ltr">${model.code}</bdi>`],
    [t.message, text(model.bindingMessage, 64)],
    [t.from, text(model.ip, 64)],
    [t.with, text(model.userAgent, 120)],
    [t.at, html`<time datetime="${model.askedAt.toISOString()}">${shownTime(model.askedAt)}</time>`],
  ];
  const body = html`<h1>${kind === 'device' ? t.headingDevice(name) : t.headingCiba(name)}</h1>
${client.host !== undefined && html`<p class="lead">${hostName(client.host)}</p>`}
<form method="post" action="${model.action}" data-once>
${csrfField(model.csrf)}
${accountCard(model.account, html``)}
<dl class="facts">
${facts.map(([label, value]) => value && html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}
</dl>
${model.scopes.length > 0 && scopeList(texts.consent.allows(name), model.scopes, texts)}
<p class="note">${t.warning}</p>
<div class="actions pair">
<button class="secondary" type="submit" name="${CONSENT_FORM.decision}" value="${CONSENT_FORM.deny}">${texts.consent.deny}</button>
<button class="primary" type="submit" name="${CONSENT_FORM.decision}" value="${CONSENT_FORM.allow}">${texts.consent.allow}</button>
</div>
</form>`;
  return layout(frame, { title: t.title, body });
}

function text(value: string | undefined, length: number): Html | undefined {
  return value === undefined ? undefined : html`<bdi>${displayText(value, '?', length)}</bdi>`;
}

/** The same for everybody: a page without script does not know where the person is. */
export function shownTime(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
