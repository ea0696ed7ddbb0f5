import type { RequestContext } from '@lumo/tenancy';
import { isTimeZone } from '../../core/abac/environment.js';
import type { DecisionSettings } from '../../core/decision/combination.js';
import { type AuthzDeps, orgOf } from '../authz-deps.js';
import { invalid } from '../refusals.js';
import { policiesMoved } from './change-policies.js';

type Deps = Pick<AuthzDeps, 'changes' | 'stores'>;

export function readDecisionSettings({ stores }: Pick<Deps, 'stores'>) {
  return (_ctx: RequestContext): Promise<DecisionSettings> => stores.policies.decisionSettings();
}

/** Changes how the engines of the org are combined, from the next decision on. */
export function changeDecisionSettings({ changes }: Deps) {
  return async (ctx: RequestContext, change: Partial<DecisionSettings>): Promise<DecisionSettings> => {
    const { engines, timeZone } = change;
    if (engines && (engines.length === 0 || new Set(engines).size !== engines.length))
      throw invalid({ decision_engines: 'must name each engine once, and at least one.' });
    if (timeZone !== undefined && !isTimeZone(timeZone))
      throw invalid({ time_zone: 'must be the name of a time zone, such as Europe/Berlin.' });
    const { id, slug } = orgOf(ctx);
    return changes.run(async (work) => {
      const before = await work.policies.decisionSettings();
      const settings = { ...before, ...change };
      if (Object.keys(change).length === 0) return before;
      await work.policies.writeDecisionSettings(settings);
      await policiesMoved(work);
      work.announce({
        name: 'authz.settings_changed',
        target: { type: 'org', id, name: slug },
        data: { changes: { ...change } },
      });
      return settings;
    });
  };
}
