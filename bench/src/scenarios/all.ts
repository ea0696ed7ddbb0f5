import { checkByApiKey, checkByUserToken } from './check.js';
import { clientCredentials } from './client-credentials.js';
import { introspection } from './introspection.js';
import { codeFlow, passwordSignInScenario, refresh } from './people.js';
import type { Scenario } from './scenario.js';

/** Every scenario, in the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [
  clientCredentials,
  refresh,
  introspection,
  codeFlow,
  passwordSignInScenario,
  checkByApiKey,
  checkByUserToken,
];
