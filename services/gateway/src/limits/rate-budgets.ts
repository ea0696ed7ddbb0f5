import { type RateLimitSetting, StartupError } from '@lumo/service';
import { CONCURRENT_PER_ORG, RATE_CLASSES, type RateClass, type RateClassDefinition } from '../rate-table.js';

/** The budgets in force. */
export interface RateBudgets {
  /** False where `LUMO_RATE_LIMITS=off`: nothing is counted and no header speaks of limits. */
  readonly enabled: boolean;
  readonly classes: Readonly<Record<RateClass, RateClassDefinition>>;
  readonly concurrentPerOrg: number;
}

const CONCURRENT = 'concurrent';
const ALL = '*';

/**
 * Applies `LUMO_RATE_LIMITS` to the table. `*` sets every class that is not named itself.
 * @throws StartupError for a class that does not exist
 */
export function rateBudgets(setting: RateLimitSetting): RateBudgets {
  const overrides = typeof setting === 'string' ? {} : setting;
  const known = [...Object.keys(RATE_CLASSES), CONCURRENT, ALL];
  const unknown = Object.keys(overrides).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new StartupError(
      'setting_invalid',
      `LUMO_RATE_LIMITS: got the class "${unknown}", wants one of ${known.join(', ')}`,
    );
  }
  const classes = Object.fromEntries(
    Object.entries(RATE_CLASSES).map(([name, definition]) => [
      name,
      { ...definition, limit: overrides[name] ?? overrides[ALL] ?? definition.limit },
    ]),
  ) as Record<RateClass, RateClassDefinition>;
  return {
    enabled: setting !== 'off',
    classes,
    concurrentPerOrg:
      setting === 'off' ? Number.POSITIVE_INFINITY : (overrides[CONCURRENT] ?? overrides[ALL] ?? CONCURRENT_PER_ORG),
  };
}
