import { displayText, initialOf } from './display-text.js';
import { attributes, type Html, html, isLinkable } from './html.js';
import type { PageFrame } from './page-model.js';
import { type Texts, textsFor } from './texts.js';

export interface PageContent {
  /** What the page is about, for the title of the window. */
  readonly title: string;
  /** The window's title begins with “Error”, so that it is the first thing a screen reader says. */
  readonly failed?: boolean;
  /** Exactly one `h1` and what belongs to it. */
  readonly body: Html;
  /** Where the browser goes on to by itself: at once, or after so many seconds. */
  readonly goOnTo?: string;
  readonly goOnAfterSeconds?: number;
}

/** The document around the content of every hosted page. */
export function layout(frame: PageFrame, content: PageContent): string {
  const texts = textsFor(frame.locale);
  const org = orgNameOf(frame, texts);
  const title = content.failed ? texts.titleOfError(content.title) : content.title;
  const document = html`<!doctype html>
<html lang="${texts.lang}" dir="${texts.dir}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex, nofollow">
${content.goOnTo !== undefined && refresh(content.goOnTo, content.goOnAfterSeconds)}
<title>${texts.pageTitle(title, org)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${frame.assets.stylesheet}">
<script src="${frame.assets.script}" defer></script>
</head>
<body>
<div class="page">
<header class="org"><span class="badge" aria-hidden="true">${initialOf(org)}</span><bdi class="org-name">${org}</bdi></header>
<main class="card">
${content.body}
</main>
<footer class="footer">${MARK}<span>${texts.poweredBy}</span></footer>
</div>
</body>
</html>
`;
  return document.toString();
}

/** The name of the org as text without markup, e.g. for a title. */
export function orgNameOf(frame: PageFrame, texts: Texts): string {
  return displayText(frame.orgName ?? '', texts.unnamedOrg, 60);
}

const MARK = html`<svg class="mark" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
<path d="M8 1.2 14 3.6v4.1c0 3.4-2.4 6-6 7.1-3.6-1.1-6-3.7-6-7.1V3.6L8 1.2Z" fill="none" stroke="currentColor" stroke-width="1.4" stroke-linejoin="round"/>
<circle cx="8" cy="7.6" r="1.9" fill="currentColor"/></svg>`;

function refresh(url: string, seconds = 0): Html {
  if (!isLinkable(url)) throw new TypeError('not a URL to go on to');
  return html`<meta ${attributes({ 'http-equiv': 'refresh', content: `${seconds};url=${url}` })}>`;
}
