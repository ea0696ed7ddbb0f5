import type { PageAssetUrls } from './page-assets.js';
import type { Locale } from './texts.js';

/** What every page has around its content. */
export interface PageFrame {
  /** Absent where the request names no org. */
  readonly orgName?: string;
  readonly assets: PageAssetUrls;
  readonly locale?: Locale;
}

/** The hidden field that proves that a form was shown to the browser that posts it. */
export interface CsrfField {
  readonly fieldName: string;
  readonly value: string;
}

/** The app that asks. */
export interface ClientIdentity {
  readonly name: string;
  /** `URL.host` of its redirect URI: anyone can choose a name, not a host. */
  readonly host?: string;
  /** Nobody but the app itself answers for its name. */
  readonly unverified?: {
    /** The host that it is known to control, which takes the place of the name. */
    readonly site?: string;
    /** Answers go to a program on the person's own machine, whichever that is. */
    readonly returnsToDevice: boolean;
  };
}

/** The person who is signed in. */
export interface AccountIdentity {
  readonly email: string;
  readonly name?: string;
}

/** Why the page shows an error. `message` tells the person what to do next. */
export interface PageProblem {
  readonly message: string;
  readonly code?: string;
  readonly requestId?: string;
}
