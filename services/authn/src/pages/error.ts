import { displayText } from './display-text.js';
import { problemMessage, supportDetails } from './fragments.js';
import { html, isLinkable } from './html.js';
import { layout } from './layout.js';
import type { PageFrame, PageProblem } from './page-model.js';
import { textsFor } from './texts.js';

export interface ErrorModel {
  readonly frame: PageFrame;
  /** What went wrong in a few words; “Something went wrong” where nothing better is known. */
  readonly title?: string;
  /** `message` is shown as text, whatever it contains: an `error_description` may come from elsewhere. */
  readonly problem: PageProblem;
  /** A path of this origin from which the person can try again. Never an address taken from the request. */
  readonly backUrl?: string;
}

/** The page for a request that cannot go on and must not be redirected. */
export function renderError({ frame, title, problem, backUrl }: ErrorModel): string {
  const texts = textsFor(frame.locale);
  const heading = displayText(title ?? '', texts.error.title);
  const back =
    backUrl !== undefined && isLinkable(backUrl)
      ? html`<div class="actions"><a class="button secondary" href="${backUrl}">${texts.error.back}</a></div>`
      : undefined;
  const body = html`<div class="status failed" aria-hidden="true">${FAILED}</div>
<h1>${heading}</h1>
<p class="lead" role="alert">${problemMessage(problem, texts)}</p>
${back}
${supportDetails(problem, texts, true)}`;
  return layout(frame, { title: heading, failed: true, body });
}

const FAILED = html`<svg viewBox="0 0 24 24" width="24" height="24" focusable="false">
<path d="M12 6.5v7" stroke="currentColor" stroke-width="2" stroke-linecap="round"/><circle cx="12" cy="17.3" r="1.3" fill="currentColor"/></svg>`;
