export { ACCOUNT_TEXTS } from './account-texts.js';
export { CHECK_SESSION_HEADERS, type CheckSessionModel, renderCheckSession } from './check-session.js';
export { CONSENT_FORM, type ConsentDetail, type ConsentModel, type ConsentScope, renderConsent } from './consent.js';
export { contentSecurityPolicy, pageHeaders } from './content-security-policy.js';
export { type ContinueModel, renderContinue } from './continue.js';
export { type ErrorModel, renderError } from './error.js';
export { isLinkable } from './html.js';
export {
  LOGOUT_FORM,
  type LoggedOutModel,
  type LogoutConfirmModel,
  renderLoggedOut,
  renderLogoutConfirm,
} from './logout.js';
export { type LogoutFramesModel, renderLogoutFrames } from './logout-frames.js';
export { PAGE_ASSETS, type PageAsset, type PageAssetUrls, pageAssetUrls } from './page-assets.js';
export type { AccountIdentity, ClientIdentity, CsrfField, PageFrame, PageProblem } from './page-model.js';
export { renderSignIn, SIGN_IN_FORM, type SignInModel, type SignInProblem } from './sign-in.js';
export { describeScope, type Locale } from './texts.js';
