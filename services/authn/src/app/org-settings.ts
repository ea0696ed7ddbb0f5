import { type RequestContext, requireOrg } from '@lumo/tenancy';
import type { OrgRecord } from '../core/org.js';
import {
  type AuthSettings,
  changeSection,
  type GeneralSettings,
  type OrgSettings,
  type PasswordPolicy,
  type SecuritySettings,
  type SettingsSection,
} from '../core/org-settings.js';
import type { DirectoryDeps } from './directory-deps.js';

/** The tenant profile: the org itself and what it decided. */
export interface OrgProfile {
  readonly org: OrgRecord;
  readonly settings: OrgSettings;
}

/** A change of settings; sections and members that are not named stay. */
export interface SettingsChange {
  /** The name of the org. */
  readonly name?: string;
  readonly general?: Partial<GeneralSettings>;
  readonly auth?: Partial<Omit<AuthSettings, 'passwordPolicy'>> & { readonly passwordPolicy?: Partial<PasswordPolicy> };
  readonly security?: Partial<SecuritySettings>;
}

type Deps = Pick<DirectoryDeps, 'clock' | 'transactions' | 'orgs' | 'settings' | 'outbox'>;

export function readOrgProfile({ orgs, settings }: Pick<Deps, 'orgs' | 'settings'>) {
  return async (_ctx: RequestContext): Promise<OrgProfile> => {
    const { id } = requireOrg();
    const [org, current] = await Promise.all([orgs.byId(id), settings.read()]);
    if (!org) throw new Error('the org of the context is gone');
    return { org, settings: current };
  };
}

/** Writes what changed, with one event for the org's name and one for its settings. */
export function changeOrgProfile(deps: Deps) {
  const { clock, transactions, orgs, settings, outbox } = deps;
  const read = readOrgProfile(deps);
  return async (ctx: RequestContext, { name, ...sections }: SettingsChange): Promise<OrgProfile> => {
    const before = await read(ctx);
    const now = new Date(clock.now());
    const target = { type: 'org', id: before.org.id, name: before.org.slug };
    const changed = Object.entries(sections).filter(([, change]) => change && Object.keys(change).length > 0);
    if (name === undefined && changed.length === 0) return before;
    await transactions.run(async (tx) => {
      const current = await settings.lock(tx);
      if (name !== undefined && name !== before.org.name) {
        await orgs.rename(tx, before.org.id, name, now);
        await outbox.append(tx, { name: 'org.updated', target, data: { name } });
      }
      for (const [section, change] of changed) {
        const key = section as SettingsSection;
        await settings.write(tx, key, changeSection(current[key], change), now);
      }
      if (changed.length > 0) {
        await outbox.append(tx, {
          name: 'org.settings_changed',
          target,
          data: { changes: Object.fromEntries(changed) },
        });
      }
    });
    return read(ctx);
  };
}
