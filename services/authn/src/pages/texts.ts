import { type Html, html } from './html.js';

/** Everything a hosted page says, for one language. Names come in as markup, already isolated and escaped. */
export interface Texts {
  /** BCP 47 tag and direction of the language, for the `<html>` element. */
  readonly lang: string;
  readonly dir: 'ltr' | 'rtl';
  readonly pageTitle: (page: string, org: string) => string;
  readonly titleOfError: (title: string) => string;
  readonly unnamedOrg: string;
  readonly unnamedClient: string;
  /** An app of which nothing is known but that it runs on the person's machine. */
  readonly appOnDevice: string;
  readonly callsItself: (name: Html) => Html;
  readonly startedByYou: string;
  readonly poweredBy: Html;
  readonly errorDetails: string;
  readonly errorCode: string;
  readonly requestId: string;
  readonly signIn: {
    readonly title: string;
    readonly continueTo: (client: Html) => Html;
    readonly toOrg: (org: Html) => Html;
    readonly email: string;
    readonly password: string;
    readonly show: string;
    readonly hide: string;
    readonly showPassword: string;
    readonly hidePassword: string;
    readonly passwordVisible: string;
    readonly passwordHidden: string;
    readonly submit: string;
    readonly busy: string;
    readonly cancel: string;
  };
  readonly consent: {
    readonly title: string;
    readonly heading: (client: Html) => Html;
    readonly signedInAs: string;
    readonly notYou: string;
    readonly allows: (client: Html) => Html;
    readonly nothing: (client: Html) => Html;
    /** A single claim that is asked for. */
    readonly learns: (claim: string) => string;
    readonly returnsTo: (host: Html) => Html;
    readonly privacy: string;
    readonly terms: string;
    readonly allow: string;
    readonly deny: string;
  };
  readonly logoutConfirm: {
    readonly title: string;
    readonly heading: (org: Html) => Html;
    readonly signedInAs: (account: Html) => Html;
    readonly effect: string;
    readonly confirm: string;
    readonly stay: string;
  };
  readonly loggedOut: {
    readonly title: string;
    readonly body: (org: Html) => Html;
    readonly backTo: (client: Html) => Html;
  };
  readonly logoutFrames: {
    readonly title: string;
    readonly body: string;
    readonly link: string;
  };
  readonly continueTo: {
    readonly title: string;
    readonly heading: (client: Html) => Html;
    readonly body: string;
    readonly link: string;
  };
  readonly error: { readonly title: string; readonly back: string };
  /** What a scope lets a client do, as the end of “This lets the app …”. */
  readonly scopes: Readonly<Record<string, string>>;
}

const en: Texts = {
  lang: 'en',
  dir: 'ltr',
  pageTitle: (page, org) => `${page} · ${org}`,
  titleOfError: (title) => `Error: ${title}`,
  unnamedOrg: 'LumoAuth',
  unnamedClient: 'an unnamed app',
  appOnDevice: 'an app on your device',
  callsItself: (name) => html`It calls itself ${name}. Nobody has checked that name.`,
  startedByYou: 'This goes back to an app on your device. Allow it only if you started it yourself, just now.',
  poweredBy: html`Secured by <b>LumoAuth</b>`,
  errorDetails: 'Details for support',
  errorCode: 'Error',
  requestId: 'Request',
  signIn: {
    title: 'Sign in',
    continueTo: (client) => html`to continue to ${client}`,
    toOrg: (org) => html`with your ${org} account`,
    email: 'Email',
    password: 'Password',
    show: 'Show',
    hide: 'Hide',
    showPassword: 'Show password',
    hidePassword: 'Hide password',
    passwordVisible: 'Your password is shown',
    passwordHidden: 'Your password is hidden',
    submit: 'Sign in',
    busy: 'Signing in…',
    cancel: 'Cancel',
  },
  consent: {
    title: 'Allow access',
    heading: (client) => html`Allow ${client} to access your account?`,
    signedInAs: 'Signed in as',
    notYou: 'Not you?',
    allows: (client) => html`${client} will be able to:`,
    nothing: (client) => html`${client} will learn that you signed in, and nothing more.`,
    learns: (claim) => `See your ${claim.replaceAll('_', ' ')}`,
    returnsTo: (host) => html`You will return to ${host}.`,
    privacy: 'Privacy policy',
    terms: 'Terms of service',
    allow: 'Allow',
    deny: 'Deny',
  },
  logoutConfirm: {
    title: 'Sign out',
    heading: (org) => html`Sign out of ${org}?`,
    signedInAs: (account) => html`You are signed in as ${account}.`,
    effect: 'Apps that you opened with this account may sign you out too.',
    confirm: 'Sign out',
    stay: 'Stay signed in',
  },
  loggedOut: {
    title: 'Signed out',
    body: (org) => html`Your session at ${org} has ended. You can close this window.`,
    backTo: (client) => html`Back to ${client}`,
  },
  logoutFrames: {
    title: 'Signing you out',
    body: 'Your apps are being told. This takes about two seconds.',
    link: 'Continue',
  },
  continueTo: {
    title: 'One moment',
    heading: (client) => html`Taking you back to ${client}`,
    body: 'This should take less than a second.',
    link: 'Continue',
  },
  error: { title: 'Something went wrong', back: 'Go back' },
  scopes: {
    openid: 'Know who you are when you sign in',
    profile: 'See your name and profile details',
    email: 'See your email address',
    phone: 'See your phone number',
    address: 'See your postal address',
    roles: 'See your roles in this organization',
    groups: 'See the groups you belong to',
    offline_access: 'Keep this access while you are not using the app',
  },
};

const TEXTS = { en };

export type Locale = keyof typeof TEXTS;

export function textsFor(locale: Locale = 'en'): Texts {
  return TEXTS[locale];
}

/** What a scope means to a person; a scope without a text of ours shows its registered description, or its name. */
export function describeScope(scope: string, description?: string, locale?: Locale): string {
  const { scopes } = textsFor(locale);
  return (Object.hasOwn(scopes, scope) ? scopes[scope] : undefined) ?? description ?? scope;
}
