import { randomUUID } from 'node:crypto';
import type { Clock } from '@lumo/kit';
import type { JobQueue } from '@lumo/messaging';
import type { Platform } from '@lumo/service';
import { runInContext, systemContext } from '@lumo/tenancy';
import type { KeySets } from '@lumo/token-signing';
import type { forgetUnusedClients } from '../app/registration/forget-clients.js';
import type { OrgSecrets, RevocationLog } from '../oidc-ports.js';
import type { OrgStore } from '../ports.js';
import type { ExpiredRows } from '../store/expired-rows.js';

interface UpkeepDeps {
  readonly clock: Clock;
  readonly logger: Platform['logger'];
  readonly orgs: OrgStore;
  readonly keySets: KeySets;
  readonly revocationLog: RevocationLog;
  readonly orgSecrets: OrgSecrets;
  readonly expiredRows: ExpiredRows;
  readonly forgetUnusedClients: ReturnType<typeof forgetUnusedClients>;
}

const SWEEP_SECONDS = 600;
const ROTATE_SECONDS = 3600;
const ORGS_PER_PAGE = 100;
/** Rows of one table that one statement removes. */
const BATCH = 1000;
/** Batches for one org in one round: what is left waits for the next. */
const MAX_BATCHES = 20;

/** What must be done though nobody asks: forget what has expired, rotate signing keys, seal them under a new master key. */
export function upkeep(deps: UpkeepDeps): (jobs: JobQueue) => Promise<void> {
  const { clock, keySets, revocationLog, orgSecrets, expiredRows } = deps;
  return async (jobs) => {
    await jobs.every('authn.sweep', SWEEP_SECONDS, async () => {
      await inBatches(() => revocationLog.purge(new Date(clock.now()), BATCH));
      await forEachOrg(deps, async () => {
        await inBatches(() => expiredRows.sweep(new Date(clock.now()), BATCH));
        await deps.forgetUnusedClients();
      });
    });
    await jobs.every('authn.signing-keys', ROTATE_SECONDS, () =>
      forEachOrg(deps, async (orgId) => {
        await keySets.rotate(orgId);
        await keySets.reseal(orgId);
        await orgSecrets.reseal();
      }),
    );
  };
}

async function inBatches(remove: () => Promise<number>): Promise<void> {
  for (let round = 0; round < MAX_BATCHES; round++) if ((await remove()) < BATCH) return;
}

/** Each in its own context; one org that fails does not keep the others from their turn. */
async function forEachOrg({ orgs, logger }: UpkeepDeps, work: (orgId: string) => Promise<void>): Promise<void> {
  for (let page = 1; ; page++) {
    const { rows } = await orgs.list({ page, limit: ORGS_PER_PAGE, sortBy: 'createdAt', sortDir: 'ASC' });
    for (const { id, slug } of rows) {
      const context = systemContext('authn', randomUUID(), { id, slug });
      await runInContext(context, () => work(id)).catch((error: unknown) => {
        logger.error({ err: error, orgId: id }, 'upkeep of an organization failed');
      });
    }
    if (rows.length < ORGS_PER_PAGE) return;
  }
}
