import { clientName } from './fragments.js';
import { html } from './html.js';
import { layout } from './layout.js';
import type { ClientIdentity, PageFrame } from './page-model.js';
import { textsFor } from './texts.js';

export interface ContinueModel {
  readonly frame: PageFrame;
  /** Where to go on to: the step of this service that redirects to the app, or the app's own https address. */
  readonly url: string;
  readonly client?: ClientIdentity;
}

/**
 * Goes on by itself, without script. As the answer (200) to a form post it ends the chain of redirects that Chromium
 * holds against `form-action`, wherever the app then sends the browser.
 */
export function renderContinue({ frame, url, client }: ContinueModel): string {
  const texts = textsFor(frame.locale);
  const t = texts.continueTo;
  const body = html`<h1>${t.heading(clientName(client, texts))}</h1>
<p class="lead">${t.body}</p>
<div class="actions"><a class="button primary" href="${url}">${t.link}</a></div>`;
  return layout(frame, { title: t.title, body, goOnTo: url });
}
