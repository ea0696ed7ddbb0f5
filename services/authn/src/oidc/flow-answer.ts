import { currentContext } from '@lumo/tenancy';
import { pageHeaders, renderError } from '../pages/index.js';
import type { EngineOrg } from './engine-deps.js';
import { pageFrame } from './page-frame.js';

/** What a browser gets: a page, or the way on. */
export type FlowAnswer =
  | {
      readonly kind: 'page';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly html: string;
    }
  | { readonly kind: 'redirect'; readonly url: string };

export function page(html: string, status = 200, formTargets: readonly string[] = []): FlowAnswer {
  return { kind: 'page', status, headers: pageHeaders(formTargets), html };
}

/** The answer of every page of a flow that cannot go on, whatever the reason. */
export function flowIsOver(org: EngineOrg): FlowAnswer {
  const requestId = currentContext()?.requestId;
  return page(
    renderError({
      frame: pageFrame(org),
      problem: {
        message: 'This sign-in has expired or was finished in another window. Go back to the app and start again.',
        code: 'flow_expired',
        ...(requestId && { requestId }),
      },
    }),
    400,
  );
}
