import { type Html, html } from './html.js';

/** The words of the pages on which people see and change what is theirs. */
export interface AccountTexts {
  readonly device: {
    readonly title: string;
    readonly lead: string;
    readonly code: string;
    readonly submit: string;
    readonly wrong: string;
    readonly tooMany: string;
    readonly doneTitle: string;
    readonly done: (client: Html) => Html;
    readonly deniedTitle: string;
    readonly denied: (client: Html) => Html;
  };
  readonly approval: {
    readonly title: string;
    readonly headingDevice: (client: Html) => Html;
    readonly headingCiba: (client: Html) => Html;
    readonly warning: string;
    readonly code: string;
    readonly message: string;
    readonly from: string;
    readonly with: string;
    readonly at: string;
    readonly gone: string;
  };
  readonly account: {
    readonly title: string;
    readonly lead: string;
    readonly waiting: string;
    readonly waitingFor: (client: Html) => Html;
    readonly look: string;
    readonly sessions: string;
    readonly thisOne: string;
    readonly unknownBrowser: string;
    readonly lastUsed: (when: string) => string;
    readonly endSession: string;
    readonly apps: string;
    readonly noApps: string;
    readonly since: (when: string) => string;
    readonly revoke: string;
    readonly signOut: string;
    readonly ended: string;
    readonly revoked: string;
  };
}

export const ACCOUNT_TEXTS: AccountTexts = {
  device: {
    title: 'Connect a device',
    lead: 'Enter the code that your device shows.',
    code: 'Code',
    submit: 'Continue',
    wrong: 'There is no such code, or it ran out. Look at your device again.',
    tooMany: 'Too many wrong codes. Wait a minute, then try again.',
    doneTitle: 'Your device is connected',
    done: (client) => html`You can close this window and go on with ${client}.`,
    deniedTitle: 'Not allowed',
    denied: (client) => html`${client} did not get access. You can close this window.`,
  },
  approval: {
    title: 'Allow access',
    headingDevice: (client) => html`Connect ${client} to your account?`,
    headingCiba: (client) => html`${client} asks you to confirm`,
    warning:
      'Only go on if you started this yourself, just now. Nobody who calls or writes to you needs a code of yours.',
    code: 'Code on the device',
    message: 'Message',
    from: 'Asked from',
    with: 'With',
    at: 'At',
    gone: 'This request was answered or ran out. Start again on your device.',
  },
  account: {
    title: 'Your account',
    lead: 'Where you are signed in, and which apps may act for you.',
    waiting: 'Waiting for your answer',
    waitingFor: (client) => html`${client} asks you to confirm something`,
    look: 'Look at it',
    sessions: 'Signed in with',
    thisOne: 'This browser',
    unknownBrowser: 'A browser that did not say what it is',
    lastUsed: (when) => `Last used ${when}`,
    endSession: 'Sign out',
    apps: 'Connected apps',
    noApps: 'No app has access to your account.',
    since: (when) => `Since ${when}`,
    revoke: 'Remove access',
    signOut: 'Sign out here',
    ended: 'That session has ended.',
    revoked: 'That app no longer has access.',
  },
};
