import { setTimeout as wait } from 'node:timers/promises';
import { systemClock, uuidv7 } from '@lumo/kit';
import { createPublisher } from '@lumo/messaging';
import { ANONYMOUS, type Org, type Principal, type RequestContext, runInContext } from '@lumo/tenancy';
import { type TestDatabase, testDatabase } from '@lumo/testing';
import type { KyselyPlugin } from 'kysely';
import type { AuthzDeps } from '../app/authz-deps.js';
import { createRecentQuestions } from '../app/decision/recent-questions.js';
import { createDecisionLog } from '../app/decision-log.js';
import type { OrgGraphs } from '../app/org-graphs.js';
import { createRemains } from '../app/relations/remains.js';
import { type AuthzApp, composeApp } from '../app.js';
import { type EngineOptions, openEngines } from '../open-engines.js';
import { createChanges, createStores } from './changes.js';
import type { AuthzTables } from './tables.js';

/** One process of the service on a test database: its own pool, its own graphs, the same tables. */
export interface TestProcess {
  readonly app: AuthzApp;
  readonly deps: AuthzDeps;
  readonly graphs: OrgGraphs;
}

export type TestProcessOptions = Partial<
  Pick<EngineOptions, 'relationBytes' | 'keptChangesMs' | 'snapshots' | 'news' | 'elapsedMs'>
> & {
  /** Sees the SQL of every raw statement of the engines before it runs; what it throws is what they get. */
  readonly onStatement?: (sql: string) => void;
};

export interface TestService {
  readonly database: TestDatabase;
  /** Another process on the same tables. */
  start(options?: TestProcessOptions): TestProcess;
  /** A new organization with its system roles. */
  newOrg(): Promise<TestOrg>;
  close(): Promise<void>;
}

export interface TestOrg {
  readonly org: Org;
  /** A context of the platform itself, which stands above roles. */
  readonly ctx: RequestContext;
  as(principal: Partial<Principal> & Pick<Principal, 'type' | 'id'>): RequestContext;
  /** Runs work in the context of the org. */
  inside<T>(work: (ctx: RequestContext) => Promise<T>): Promise<T>;
  /** The events in the outbox with their data. Events of the same millisecond come in any order. */
  events(): Promise<readonly { readonly name: string; readonly data: Record<string, unknown> }[]>;
}

const SEALING_KEY = new Uint8Array(32).fill(7);
const silent = { info() {}, warn() {}, error() {} };

export async function startTestService(): Promise<TestService> {
  const database = await testDatabase({
    schemas: [{ name: 'authz', migrations: new URL('../../migrations/', import.meta.url) }],
  });

  function start({ onStatement, ...options }: TestProcessOptions = {}): TestProcess {
    const opened = database.open<AuthzTables>('authz');
    const { graphs, relations, policies, policySource, listener } = openEngines({
      db: onStatement ? opened.db.withPlugin(watching(onStatement)) : opened.db,
      sealingKeys: [SEALING_KEY],
      relationBytes: 256 * 1024 * 1024,
      keptChangesMs: 3_600_000,
      wait,
      ...options,
    });
    const deps: AuthzDeps = {
      relations,
      policies,
      policySource,
      questions: createRecentQuestions(systemClock),
      baseUrl: 'http://localhost',
      remains: createRemains({ records: relations.records, enqueue: async () => {} }),
      clock: systemClock,
      stores: createStores(opened.db),
      storesIn: createStores,
      changes: createChanges({
        database: opened,
        outbox: createPublisher({ service: 'authz', database: opened, logger: silent }).outbox,
        listener,
      }),
      graphs,
      decisions: createDecisionLog({ record: () => {} }),
      wait: async () => {},
    };
    return { deps, graphs, app: composeApp(deps) };
  }

  const first = start();
  return {
    database,
    start,
    async newOrg() {
      const org = { id: uuidv7(), slug: `org-${uuidv7().slice(-12)}` };
      const as: TestOrg['as'] = (principal) => ({
        org,
        principal: { ...ANONYMOUS, ...principal },
        requestId: 'test',
      });
      const ctx = as({ type: 'service', id: 'test' });
      await runInContext(ctx, () => first.app.provisionOrg(ctx));
      return {
        org,
        ctx,
        as,
        inside: (work) => runInContext(ctx, () => work(ctx)),
        events: () =>
          database.admin<{ name: string; data: Record<string, unknown> }>(
            `select name, event->'data' as data from authz.outbox where org_id = $1 order by id`,
            [org.id],
          ),
      };
    },
    close: () => database.close(),
  };
}

function watching(onStatement: (sql: string) => void): KyselyPlugin {
  return {
    transformQuery({ node }) {
      onStatement(node.kind === 'RawNode' ? node.sqlFragments.join('?') : node.kind);
      return node;
    },
    transformResult: async ({ result }) => result,
  };
}
