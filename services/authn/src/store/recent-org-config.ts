import type { Clock } from '@lumo/kit';
import { requireOrg } from '@lumo/tenancy';
import type { OrgRecord } from '../core/org.js';
import type { OrgSettings } from '../core/org-settings.js';
import type { Resource } from '../core/resource.js';
import type { DetailTypeStore, StoredDetailType } from '../oidc-ports.js';
import type { OrgStore, SettingsStore } from '../ports.js';
import type { ResourceStore } from '../registration-ports.js';
import { createRecentReads } from './recent-reads.js';

/** What the protocol engine of an org is built from. */
export interface OrgConfig {
  readonly org: OrgRecord;
  readonly settings: OrgSettings;
  readonly detailTypes: readonly StoredDetailType[];
  readonly resources: readonly Resource[];
}

/** The configuration of the org in context, at most a second old. */
export interface RecentOrgConfig {
  /** Undefined for an org that does not exist or is suspended. */
  read(): Promise<OrgConfig | undefined>;
}

const TTL_MS = 1000;
const MAX_ORGS = 5000;

export interface OrgConfigStores {
  readonly orgs: OrgStore;
  readonly settings: SettingsStore;
  readonly detailTypes: DetailTypeStore;
  readonly resources: ResourceStore;
}

/** `writing`: the same stores, whose changes are seen at once in this process. Everything that writes must use them. */
export function createRecentOrgConfig(
  { orgs, settings, detailTypes, resources }: OrgConfigStores,
  clock: Clock,
): { readonly recent: RecentOrgConfig; readonly writing: OrgConfigStores } {
  const reads = createRecentReads<OrgConfig | undefined>({ clock, ttlMs: TTL_MS, max: MAX_ORGS });
  const touching =
    <A extends readonly unknown[], R>(write: (...args: A) => R) =>
    (...args: A): R => {
      reads.touched(requireOrg().id);
      return write(...args);
    };
  return {
    recent: {
      read() {
        const { id } = requireOrg();
        return reads.get(id, async () => {
          const [org, current, types, offered] = await Promise.all([
            orgs.byId(id),
            settings.read(),
            detailTypes.list(),
            resources.all(),
          ]);
          if (org?.status !== 'active') return undefined;
          return { org, settings: current, detailTypes: types, resources: offered };
        });
      },
    },
    writing: {
      orgs: {
        ...orgs,
        rename(tx, id, name, now) {
          reads.touched(id);
          return orgs.rename(tx, id, name, now);
        },
      },
      settings: {
        ...settings,
        write(tx, section, value, now) {
          reads.touched(requireOrg().id);
          return settings.write(tx, section, value, now);
        },
      },
      detailTypes: {
        ...detailTypes,
        insert: touching(detailTypes.insert),
        update: touching(detailTypes.update),
        remove: touching(detailTypes.remove),
      },
      resources: {
        ...resources,
        insert: touching(resources.insert),
        update: touching(resources.update),
        remove: touching(resources.remove),
      },
    },
  };
}
