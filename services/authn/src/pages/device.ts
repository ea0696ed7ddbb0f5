import { ACCOUNT_TEXTS } from './account-texts.js';
import { clientName, fieldProblem } from './fragments.js';
import { attributes, html } from './html.js';
import { layout } from './layout.js';
import type { ClientIdentity, PageFrame } from './page-model.js';
import { textsFor } from './texts.js';

export interface DeviceCodeModel {
  readonly frame: PageFrame;
  readonly action: string;
  /** What was typed, or came with the link. */
  readonly code?: string;
  readonly problem?: 'wrong' | 'too_many';
}

/** Where a person types what a device shows (RFC 8628 section 3.3). Nobody needs to be signed in yet. */
export function renderDeviceCode({ frame, action, code = '', problem }: DeviceCodeModel): string {
  const t = ACCOUNT_TEXTS.device;
  const message = problem && (problem === 'wrong' ? t.wrong : t.tooMany);
  const field = attributes({
    id: 'user_code',
    name: 'user_code',
    type: 'text',
    value: code,
    autocomplete: 'off',
    autocapitalize: 'characters',
    spellcheck: 'false',
    placeholder: 'XXXX-XXXX',
    maxlength: 20,
    required: true,
    autofocus: true,
    ...(problem && { 'aria-invalid': 'true', 'aria-describedby': 'code-problem' }),
  });
  const body = html`<h1>${t.title}</h1>
<p class="lead">${t.lead}</p>
<form method="post" action="${action}" data-once>
<div class="field">
<label for="user_code">${t.code}</label>
<input class="code" ${field}>
${message !== undefined && fieldProblem('code-problem', message)}
</div>
<div class="actions"><button class="primary" type="submit">${t.submit}</button></div>
</form>`;
  return layout(frame, { title: t.title, failed: problem !== undefined, body });
}

export interface DecidedModel {
  readonly frame: PageFrame;
  readonly client: ClientIdentity;
  readonly allowed: boolean;
}

/** What a person sees after the answer; the client learns it by asking. */
export function renderDecided({ frame, client, allowed }: DecidedModel): string {
  const t = ACCOUNT_TEXTS.device;
  const name = clientName(client, textsFor(frame.locale));
  const title = allowed ? t.doneTitle : t.deniedTitle;
  const body = html`<h1>${title}</h1>
<p class="lead">${allowed ? t.done(name) : t.denied(name)}</p>`;
  return layout(frame, { title, body });
}
