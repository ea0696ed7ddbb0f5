import { startCluster } from '@lumo/tests/shapes/cluster';
import { createOrgWorld } from '@lumo/tests/support/org-world';
import type { ClusterReport, Visibility } from './cluster-report.js';
import { measureChecks } from './measure-checks.js';
import { measureVisibility } from './measure-visibility.js';

/** Writes of other people to the same organization, a second. */
const OTHERS = [0, 50] as const;

/**
 * A process per service and two of the authorization service, over NATS, Redis and PostgreSQL of this machine: what the
 * network between them costs, and how soon replicas follow each other.
 */
export async function measureCluster(options: {
  readonly warmUpMs: number;
  readonly measureMs: number;
  readonly say: (text: string) => void;
}): Promise<ClusterReport> {
  const cluster = await startCluster({ replicas: { authz: 2 } });
  try {
    options.say('  checks through the gateway');
    const checks = await measureChecks(cluster, options);
    const visibility: Visibility[] = [];
    for (const others of OTHERS) {
      options.say(`  writes until the other replica has them, beside ${others} others a second`);
      const { baseUrl, bootstrap } = cluster;
      const org = await createOrgWorld('visible', { baseUrl, instanceKey: bootstrap.instanceKey });
      const writes = Math.max(50, Math.round(options.measureMs / 40));
      visibility.push(await measureVisibility(cluster, org, { writes, others }));
    }
    return { checks, visibility };
  } finally {
    await cluster.stop();
  }
}
