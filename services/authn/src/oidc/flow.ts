import type { Interaction } from 'oidc-provider';
import type { CsrfField } from '../pages/index.js';
import type { Engine } from './build-engine.js';
import { readCookie } from './cookie-header.js';

/** A sign-in that is waiting for its person, in the browser that started it. */
export interface Flow {
  readonly interaction: Interaction;
  /** The value of the `flow` parameter. */
  readonly id: string;
  readonly csrf: CsrfField;
  isCsrf(token: string | undefined): boolean;
}

/** Name of the hidden field. */
export const CSRF_FIELD = 'csrf';

/** Undefined where the flow is over, unknown, or of another browser: nobody learns which. */
export async function openFlow(
  { provider, binding, cookies }: Engine,
  flow: string | undefined,
  cookieHeader: string | undefined,
): Promise<Flow | undefined> {
  const browser = readCookie(cookieHeader, cookies.browser);
  const uid = binding.openFlow(flow, browser);
  if (!uid || !browser || !flow) return undefined;
  const interaction = await provider.Interaction.find(uid);
  // One with a result has been answered: what is left is to go on.
  if (!interaction || interaction.result) return undefined;
  return {
    interaction,
    id: flow,
    csrf: { fieldName: CSRF_FIELD, value: binding.csrfOf(uid, browser) },
    isCsrf: (token) => binding.isCsrf(token, uid, browser),
  };
}

/** Lets the engine go on with what the person decided; returns where to send the browser. */
export async function answerFlow({ interaction }: Flow, result: NonNullable<Interaction['result']>): Promise<string> {
  // What was decided on an earlier page of the same flow still holds, unless the person went back.
  interaction.result = 'error' in result ? result : { ...interaction.lastSubmission, ...result };
  await interaction.persist();
  return interaction.returnTo;
}
