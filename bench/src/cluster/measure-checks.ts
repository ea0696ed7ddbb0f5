import type { Cluster } from '@lumo/tests/shapes/cluster';
import { drive } from '../load/drive.js';
import { createHttpClient, json } from '../load/http-client.js';
import { readUsage } from '../server/process-tree.js';
import type { ClusterChecks } from './cluster-report.js';

const CLIENTS = [1, 10, 50] as const;

/** The same check by API key that `check-api-key` measures in one process. */
export async function measureChecks(
  { baseUrl, bootstrap, services, replicas }: Cluster,
  times: { readonly warmUpMs: number; readonly measureMs: number },
): Promise<readonly ClusterChecks[]> {
  const http = createHttpClient(baseUrl);
  const question = {
    method: 'POST',
    path: '/api/v1/authz/check',
    ...json({ permission: 'document.read', user_id: bootstrap.alice.email }, { 'x-api-key': bootstrap.apiKey }),
  } as const;
  const ask = async () => void (await http.expect(200, question));
  const cpuOf = (pids: readonly number[]) =>
    pids.reduce((sum, pid) => sum + (readUsage(pid)?.node.cpuSeconds ?? Number.NaN), 0);
  const read = () => ({
    gateway: cpuOf([services.gateway.pid]),
    authz: cpuOf(replicas.authz.map(({ pid }) => pid)),
  });
  try {
    const measured: ClusterChecks[] = [];
    for (const clients of CLIENTS) {
      let before = read();
      let after = before;
      const driven = await drive(Array<typeof ask>(clients).fill(ask), {
        ...times,
        onStart() {
          before = read();
        },
        onEnd() {
          after = read();
        },
      });
      const each = (seconds: number) => (seconds / driven.operations) * 1e6;
      const cpu = { gateway: each(after.gateway - before.gateway), authz: each(after.authz - before.authz) };
      measured.push({
        clients,
        perSecond: driven.operations / driven.seconds,
        latencyMs: driven.latencyMs,
        failures: driven.failures,
        ...(Number.isFinite(cpu.gateway + cpu.authz) && { cpu }),
      });
    }
    return measured;
  } finally {
    await http.close();
  }
}
