import { DomainError } from '@lumo/kit';
import { requireOrg } from '@lumo/tenancy';
import type { SigningKey } from '@lumo/token-signing';
import { LRUCache } from 'lru-cache';
import { issuerOf } from '../core/issuer.js';
import type { OrgConfig, RecentOrgConfig } from '../store/recent-org-config.js';
import { buildEngine, type Engine } from './build-engine.js';
import type { EngineDeps } from './engine-deps.js';

/** The engines of the orgs that are in use. */
export interface EnginePool {
  /**
   * The engine of the org in context.
   * @throws DomainError `tenant_not_found` for an org that does not exist or is suspended
   */
  current(): Promise<Engine>;
  /** Engines in memory. */
  readonly size: number;
  clear(): void;
}

interface Pooled {
  readonly engine: Engine;
  /** What it was built from; the same objects come from the memory of their sources, so identity is the fast answer. */
  readonly config: OrgConfig;
  readonly keys: readonly SigningKey[];
  readonly fingerprint: string;
}

const MAX_ENGINES = 1000;

/** Bounded: an engine that falls out is built again by the next request; one still at work ends with its last request. */
export function createEnginePool(deps: EngineDeps, orgConfig: RecentOrgConfig, max = MAX_ENGINES): EnginePool {
  const pool = new LRUCache<string, Pooled>({ max });

  const build = async (config: OrgConfig, keys: readonly SigningKey[]): Promise<Engine> => {
    const { id, slug } = config.org;
    const issuer = issuerOf(deps.baseUrl, slug);
    const orgKeys = await deps.orgKeys();
    return buildEngine(deps, { ...config, ...orgKeys, id, slug, issuer, mount: new URL(issuer).pathname }, keys);
  };

  return {
    async current() {
      const { id } = requireOrg();
      const [config, keys] = await Promise.all([orgConfig.read(), deps.keySets.keys(id)]);
      if (!config) throw new DomainError('not_found', 'tenant_not_found', 'There is no such organization.');
      const before = pool.get(id);
      if (before?.config === config && before.keys === keys) return before.engine;
      const fingerprint = fingerprintOf(config, keys);
      const engine = before?.fingerprint === fingerprint ? before.engine : await build(config, keys);
      pool.set(id, { engine, config, keys, fingerprint });
      return engine;
    },
    get size() {
      return pool.size;
    },
    clear: () => pool.clear(),
  };
}

function fingerprintOf({ org, settings, detailTypes, resources }: OrgConfig, keys: readonly SigningKey[]): string {
  return JSON.stringify([
    org.slug,
    org.name,
    settings,
    detailTypes,
    resources,
    keys.map(({ kid, state }) => `${kid} ${state}`).sort(),
  ]);
}
