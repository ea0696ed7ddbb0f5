import {
  claimedName,
  clientName,
  csrfField,
  fieldProblem,
  hostName,
  orgName,
  problemBanner,
  problemMessage,
  supportDetails,
} from './fragments.js';
import { attributes, html } from './html.js';
import { layout } from './layout.js';
import type { ClientIdentity, CsrfField, PageFrame, PageProblem } from './page-model.js';
import { textsFor } from './texts.js';

/** Field names and values of the sign-in form. A post without `decision` (Enter in a field) is a sign-in. */
export const SIGN_IN_FORM = {
  email: 'email',
  password: 'password',
  decision: 'decision',
  signIn: 'sign_in',
  cancel: 'cancel',
} as const;

/** `at`: the field that is wrong; `credentials` where telling which one would help an attacker; absent for the whole form. */
export interface SignInProblem extends PageProblem {
  readonly at?: 'email' | 'password' | 'credentials';
}

export interface SignInModel {
  readonly frame: PageFrame;
  /** Where the form is posted: a path of this origin, or an absolute URL of it. */
  readonly action: string;
  readonly csrf: CsrfField;
  /** The app that sent the person here. */
  readonly client?: ClientIdentity;
  /** What to put into the email field: a hint, or what was typed before. The password is never sent back. */
  readonly email?: string;
  readonly problem?: SignInProblem;
  /** Offers to go back to the app without signing in. */
  readonly cancellable?: boolean;
}

/** The page on which a person signs in with email and password. */
export function renderSignIn(model: SignInModel): string {
  const { frame, client, problem, email = '' } = model;
  const texts = textsFor(frame.locale);
  const t = texts.signIn;
  const at = problem?.at;
  const wrongEmail = at === 'email' || at === 'credentials';
  const wrongPassword = at === 'password' || at === 'credentials';
  const problemId = at === undefined ? (problem ? 'problem' : undefined) : `${at}-problem`;
  const focusPassword = email !== '' && at !== 'email';

  const emailField = attributes({
    id: 'email',
    name: SIGN_IN_FORM.email,
    type: 'email',
    value: email,
    autocomplete: 'username',
    inputmode: 'email',
    autocapitalize: 'none',
    autocorrect: 'off',
    spellcheck: 'false',
    maxlength: 320,
    required: true,
    autofocus: !focusPassword,
    'aria-invalid': wrongEmail && 'true',
    'aria-describedby': wrongEmail || at === undefined ? problemId : undefined,
  });
  const passwordField = attributes({
    id: 'password',
    name: SIGN_IN_FORM.password,
    type: 'password',
    autocomplete: 'current-password',
    autocapitalize: 'none',
    autocorrect: 'off',
    spellcheck: 'false',
    maxlength: 1024,
    required: true,
    autofocus: focusPassword,
    'aria-invalid': wrongPassword && 'true',
    'aria-describedby': wrongPassword || at === undefined ? problemId : undefined,
  });
  // The button stands hidden until the script, without which it could do nothing, shows it.
  const toggle = attributes({
    type: 'button',
    class: 'toggle',
    'data-toggle-password': 'password',
    'aria-label': t.showPassword,
    'aria-controls': 'password',
    'data-show': t.show,
    'data-hide': t.hide,
    'data-show-label': t.showPassword,
    'data-hide-label': t.hidePassword,
    'data-shown': t.passwordVisible,
    'data-hidden': t.passwordHidden,
    hidden: true,
  });
  const purpose = client
    ? html`${t.continueTo(clientName(client, texts))}${client.host !== undefined && client.host !== client.unverified?.site && html`<br>${hostName(client.host)}`}`
    : t.toOrg(orgName(frame, texts));

  const body = html`<h1>${t.title}</h1>
<p class="lead">${purpose}</p>
${client && claimedName(client, texts)}
${problem && at === undefined && problemBanner(problem, texts)}
<form method="post" action="${model.action}" data-once data-busy="${t.busy}">
${csrfField(model.csrf)}
<div class="field">
<label for="email">${t.email}</label>
<input ${emailField}>
${problem && at === 'email' && fieldProblem('email-problem', problemMessage(problem, texts))}
</div>
<div class="field">
<label for="password">${t.password}</label>
<div class="with-toggle"><input ${passwordField}><button ${toggle}>${t.show}</button></div>
<span class="visually-hidden" aria-live="polite" data-toggle-status></span>
${problem && wrongPassword && fieldProblem(`${at}-problem`, problemMessage(problem, texts))}
</div>
<div class="actions">
<button class="primary" type="submit" name="${SIGN_IN_FORM.decision}" value="${SIGN_IN_FORM.signIn}">${t.submit}</button>
${model.cancellable && html`<button class="quiet" type="submit" name="${SIGN_IN_FORM.decision}" value="${SIGN_IN_FORM.cancel}" formnovalidate>${t.cancel}</button>`}
</div>
</form>
${problem && supportDetails(problem, texts)}`;
  return layout(frame, { title: t.title, failed: problem !== undefined, body });
}
