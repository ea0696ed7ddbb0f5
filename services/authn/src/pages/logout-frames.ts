import { html } from './html.js';
import { layout } from './layout.js';
import type { PageFrame } from './page-model.js';
import { textsFor } from './texts.js';

export interface LogoutFramesModel {
  readonly frame: PageFrame;
  /** Registered addresses of the apps that end their own session when they are loaded. */
  readonly frames: readonly string[];
  /** Where the browser goes on to when they had time for it. */
  readonly goOnTo: string;
}

/** How long the apps have: a page that waits for the slowest of them would wait for one that is down. */
const SECONDS = 2;

/** Loads every app that the session signed in to (OpenID Connect Front-Channel Logout 1.0 section 3), then goes on. */
export function renderLogoutFrames({ frame, frames, goOnTo }: LogoutFramesModel): string {
  const t = textsFor(frame.locale).logoutFrames;
  const body = html`<h1>${t.title}</h1>
<p class="lead">${t.body}</p>
<div class="frames" aria-hidden="true">
${frames.map((url) => html`<iframe src="${url}" title="" tabindex="-1" referrerpolicy="no-referrer"></iframe>`)}
</div>
<div class="actions"><a class="button secondary" href="${goOnTo}">${t.link}</a></div>`;
  return layout(frame, { title: t.title, body, goOnTo, goOnAfterSeconds: SECONDS });
}
