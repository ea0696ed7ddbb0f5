import type { Interaction, KoaContextWithOIDC } from 'oidc-provider';
import type { OrgCookies } from './cookies.js';
import { type FlowBinding, newBrowserId } from './flow-binding.js';

/** Sends the browser to the page that the flow has come to, and gives it an id of its own where it has none. */
export function signInUrl(binding: FlowBinding, cookies: OrgCookies, mount: string) {
  return (ctx: KoaContextWithOIDC, interaction: Interaction): string => {
    let browser = ctx.oidc.cookies.get(cookies.browser, { signed: false });
    if (!browser) {
      browser = newBrowserId();
      ctx.oidc.cookies.set(cookies.browser, browser, cookies.wide);
    }
    const page = interaction.prompt.name === 'consent' ? 'consent' : 'login';
    return `${mount}/oauth/${page}?flow=${encodeURIComponent(binding.flowOf(interaction.uid, browser))}`;
  };
}
