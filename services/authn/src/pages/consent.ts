import { displayText } from './display-text.js';
import {
  accountCard,
  claimedName,
  clientName,
  csrfField,
  deviceWarning,
  hostName,
  problemBanner,
  supportDetails,
} from './fragments.js';
import { type Html, html, isLinkable } from './html.js';
import { layout } from './layout.js';
import type { AccountIdentity, ClientIdentity, CsrfField, PageFrame, PageProblem } from './page-model.js';
import { type Texts, textsFor } from './texts.js';

/** Field names and values of the consent form. Anything but `allow` and `switch_account` means no. */
export const CONSENT_FORM = {
  decision: 'decision',
  allow: 'allow',
  deny: 'deny',
  switchAccount: 'switch_account',
  /** Which version of the app the page shows. */
  version: 'client_version',
} as const;

export interface ConsentScope {
  readonly name: string;
  /** What it lets the app do, e.g. from `describeScope`. */
  readonly description: string;
}

/** A detail of RFC 9396 in words. */
export interface ConsentDetail {
  readonly name: string;
  readonly description?: string | undefined;
  readonly lines: readonly { readonly label: string; readonly text: string }[];
}

export interface ConsentModel {
  readonly frame: PageFrame;
  readonly action: string;
  readonly csrf: CsrfField;
  readonly client: ClientIdentity & { readonly privacyUrl?: string; readonly termsUrl?: string };
  /** Comes back with the decision. */
  readonly version?: string;
  readonly account: AccountIdentity;
  /** What is asked for and was not allowed before. */
  readonly scopes: readonly ConsentScope[];
  /** Names of single claims that are asked for beside the scopes. */
  readonly claims?: readonly string[];
  readonly details?: readonly ConsentDetail[];
  readonly problem?: PageProblem;
}

const CHECK = html`<svg class="check" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
<path d="m5.2 10.6 3.1 3.1 6.5-7" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/></svg>`;

/** The page on which a person lets an app act with the named scopes, or does not. */
export function renderConsent(model: ConsentModel): string {
  const { frame, client, scopes, claims = [], details = [], problem } = model;
  const texts = textsFor(frame.locale);
  const t = texts.consent;
  const name = clientName(client, texts);
  const notYou = html`<button class="link" type="submit" name="${CONSENT_FORM.decision}" value="${CONSENT_FORM.switchAccount}">${t.notYou}</button>`;

  const body = html`<h1>${t.heading(name)}</h1>
${claimedName(client, texts)}
${problem && problemBanner(problem, texts)}
<form method="post" action="${model.action}" data-once>
${csrfField(model.csrf)}
${model.version !== undefined && html`<input type="hidden" name="${CONSENT_FORM.version}" value="${model.version}">`}
<p class="visually-hidden">${t.signedInAs}</p>
${accountCard(model.account, notYou)}
${details.map(detailCard)}
${
  scopes.length + claims.length + details.length === 0
    ? html`<p class="lead">${t.nothing(name)}</p>`
    : scopes.length + claims.length > 0 &&
      scopeList(t.allows(name), [...scopes, ...claims.map(asScope(t.learns))], texts)
}
${client.host !== undefined && html`<p class="note">${t.returnsTo(hostName(client.host))}</p>`}
${deviceWarning(client, texts)}
<div class="actions pair">
<button class="secondary" type="submit" name="${CONSENT_FORM.decision}" value="${CONSENT_FORM.deny}">${t.deny}</button>
<button class="primary" type="submit" name="${CONSENT_FORM.decision}" value="${CONSENT_FORM.allow}">${t.allow}</button>
</div>
</form>
${policyLinks([
  [client.privacyUrl, t.privacy],
  [client.termsUrl, t.terms],
])}
${problem && supportDetails(problem, texts)}`;
  return layout(frame, { title: t.title, failed: problem !== undefined, body });
}

/** One permission as its own card: a heading, and a line for every member, so that nothing is allowed unseen. */
function detailCard({ name, description, lines }: ConsentDetail): Html {
  const rows = lines.map(
    ({ label, text }) =>
      html`<div><dt><bdi>${displayText(label, '?', 300)}</bdi></dt><dd><bdi>${displayText(text, '–', 100_000)}</bdi></dd></div>`,
  );
  return html`<section class="detail"><h2><bdi>${displayText(name, '?', 100)}</bdi></h2>
${description !== undefined && html`<p class="note"><bdi>${displayText(description, '', 500)}</bdi></p>`}
${rows.length > 0 && html`<dl>${rows}</dl>`}</section>`;
}

function asScope(describe: (claim: string) => string): (claim: string) => ConsentScope {
  return (claim) => ({ name: claim, description: describe(claim) });
}

export function scopeList(caption: Html, scopes: readonly ConsentScope[], texts: Texts): Html {
  const items = scopes.map(({ name, description }) => {
    const text = displayText(description, name, 160);
    const code = displayText(name, '?', 80);
    // The technical name helps with an app's own scopes; for those of OpenID Connect it is noise.
    const showCode = text !== code && !Object.hasOwn(texts.scopes, name);
    return html`<li>${CHECK}<span><bdi>${text}</bdi>${showCode && html`<code dir="ltr">${code}</code>`}</span></li>`;
  });
  return html`<h2 id="scopes">${caption}</h2>
<ul class="scopes" aria-labelledby="scopes">${items}</ul>`;
}

/** Links of the app's own pages; one that is no web address is left out. */
function policyLinks(links: readonly (readonly [string | undefined, string])[]): Html | undefined {
  const shown = links.flatMap(([url, text]) =>
    url !== undefined && /^https?:/i.test(url) && isLinkable(url)
      ? [html`<li><a href="${url}" rel="noreferrer noopener" target="_blank">${text}</a></li>`]
      : [],
  );
  return shown.length > 0 ? html`<ul class="links">${shown}</ul>` : undefined;
}
