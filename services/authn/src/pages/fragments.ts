import { displayText, initialOf } from './display-text.js';
import { type Html, html } from './html.js';
import { orgNameOf } from './layout.js';
import type { AccountIdentity, ClientIdentity, CsrfField, PageFrame, PageProblem } from './page-model.js';
import type { Texts } from './texts.js';

/** A name chosen by others, isolated from the direction of the text around it. */
function isolated(name: string): Html {
  return html`<bdi class="name">${name}</bdi>`;
}

/** What the app is called: its name where somebody answers for it, else the host that it controls. */
export function clientName(client: ClientIdentity | undefined, texts: Texts): Html {
  if (!client?.unverified) return isolated(displayText(client?.name ?? '', texts.unnamedClient, 60));
  const { site } = client.unverified;
  return site === undefined ? html`${texts.appOnDevice}` : hostName(site);
}

/** The name that an app gives to itself; undefined where it is called by its name already. */
export function claimedName({ name, unverified }: ClientIdentity, texts: Texts): Html | undefined {
  const shown = displayText(name, '', 60);
  if (!unverified || shown === '') return undefined;
  return html`<p class="note">${texts.callsItself(isolated(shown))}</p>`;
}

/** Where a sign-in can only have been started by the person, who is asked whether it was. */
export function deviceWarning({ unverified }: ClientIdentity, texts: Texts): Html | undefined {
  return unverified?.returnsToDevice ? html`<p class="warning">${texts.startedByYou}</p>` : undefined;
}

export function orgName(frame: PageFrame, texts: Texts): Html {
  return isolated(orgNameOf(frame, texts));
}

export function accountEmail(account: AccountIdentity): Html {
  return isolated(displayText(account.email, '?', 120));
}

/** Always left to right, and in a face that tells similar letters apart. */
export function hostName(host: string): Html {
  return html`<bdi class="host" dir="ltr">${displayText(host, '?', 120)}</bdi>`;
}

/** Badge, name and email of the person who is signed in. */
export function accountCard(account: AccountIdentity, action: Html): Html {
  const email = displayText(account.email, '?', 120);
  const name = displayText(account.name ?? '', '', 60);
  return html`<div class="account">
<span class="avatar" aria-hidden="true">${initialOf(name || email)}</span>
<span class="account-text">${name !== '' && html`<bdi class="account-name">${name}</bdi>`}<bdi class="account-email">${email}</bdi></span>
${action}
</div>`;
}

export function csrfField({ fieldName, value }: CsrfField): Html {
  return html`<input type="hidden" name="${fieldName}" value="${value}">`;
}

const WARNING = html`<svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
<circle cx="10" cy="10" r="8.25" fill="none" stroke="currentColor" stroke-width="1.5"/>
<path d="M10 5.8v5" stroke="currentColor" stroke-width="1.7" stroke-linecap="round"/><circle cx="10" cy="13.7" r="1.05" fill="currentColor"/></svg>`;

/** The message of a problem, made harmless to look at: an `error_description` may have come from elsewhere. */
export function problemMessage({ message }: PageProblem, texts: Texts): string {
  return displayText(message, texts.error.title, 400);
}

/** A problem of the whole form, above it. */
export function problemBanner(problem: PageProblem, texts: Texts): Html {
  return html`<div class="banner" role="alert" id="problem">${WARNING}<p>${problemMessage(problem, texts)}</p></div>`;
}

/** A problem of one field, right below it. */
export function fieldProblem(id: string, message: string): Html {
  return html`<p class="field-problem" role="alert" id="${id}">${WARNING}<span>${message}</span></p>`;
}

/** What support needs to find the case: folded away, because it helps nobody else. */
export function supportDetails({ code, requestId }: PageProblem, texts: Texts, open = false): Html | undefined {
  if (code === undefined && requestId === undefined) return undefined;
  const rows = html`<dl>
${code !== undefined && html`<div><dt>${texts.errorCode}</dt><dd dir="ltr">${displayText(code, '?')}</dd></div>`}
${requestId !== undefined && html`<div><dt>${texts.requestId}</dt><dd dir="ltr">${displayText(requestId, '?')}</dd></div>`}
</dl>`;
  return open
    ? html`<div class="support">${rows}</div>`
    : html`<details class="support"><summary>${texts.errorDetails}</summary>${rows}</details>`;
}
