import { type BenchOptions, readArguments } from './arguments.js';
import { measureCluster } from './cluster/cluster-bench.js';
import { measureCurve } from './curve/curve.js';
import { measureOwn, measurePeer } from './relations/relations-bench.js';
import { renderReport } from './report/markdown.js';
import type { Report } from './report/report.js';
import { resultName, writeProfile, writeReport } from './report/write-results.js';
import { measureScenarios } from './run-scenarios.js';
import { SCENARIOS } from './scenarios/all.js';
import { withDataDir } from './server/data-dir.js';
import { describeMachine } from './server/machine.js';
import { startStandalone, stopEverything } from './server/standalone.js';
import { measureStartUp } from './start-up.js';
import { openWorld } from './world/world.js';

const START_UP = 'start-up';
const ORGS = 'orgs';
const RELATIONS = 'relations';
const CLUSTER = 'cluster';

const say = (text: string): void => console.error(text);

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.once(signal, () => void stopEverything().finally(() => process.exit(code)));
}

try {
  const options = readArguments(process.argv.slice(2), [
    START_UP,
    ...SCENARIOS.map(({ name }) => name),
    ORGS,
    RELATIONS,
    CLUSTER,
  ]);
  await run(options);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

/** Every part has a server of its own on an empty data directory. */
async function run(options: BenchOptions): Promise<void> {
  const startedAt = new Date();
  const name = resultName(startedAt);
  const machine = describeMachine();
  const failed: { name: string; why: string }[] = [];
  const wants = (part: string) =>
    options.openFga ? part === RELATIONS : options.only.length === 0 || options.only.includes(part);
  /** A part that cannot be measured does not keep the others from it. */
  const attempt = async <T>(part: string, work: () => Promise<T>): Promise<T | undefined> => {
    say(part);
    try {
      return await work();
    } catch (error) {
      failed.push({ name: part, why: error instanceof Error ? error.message : String(error) });
      return undefined;
    }
  };

  const startUp = wants(START_UP) ? await attempt(START_UP, () => withDataDir(measureStartUp)) : undefined;
  const chosen = SCENARIOS.filter((scenario) => wants(scenario.name));
  const loaded = chosen.length > 0 ? await measureScenarios(chosen, { ...options, name, attempt }) : undefined;
  const curve = wants(ORGS) ? await attempt(ORGS, () => curveOf(options)) : undefined;
  const relations = wants(RELATIONS) ? await attempt(RELATIONS, () => relationsOf(options, name)) : undefined;
  const cluster = wants(CLUSTER) ? await attempt(CLUSTER, () => measureCluster({ ...options, say })) : undefined;

  const report: Report = {
    startedAt: startedAt.toISOString(),
    machine,
    measureMs: options.measureMs,
    ...(startUp && { startUp }),
    scenarios: loaded?.scenarios ?? [],
    ...(loaded?.memory && { memory: loaded.memory }),
    curve: curve ?? [],
    ...(relations && { relations }),
    ...(cluster && { cluster }),
    failed,
  };
  console.log(renderReport(report));
  say(`\n${await writeReport(name, report)}`);
  if (failed.length > 0) process.exitCode = 1;
}

function relationsOf({ openFga, tuples, warmUpMs, measureMs, profile }: BenchOptions, name: string) {
  const options = { tuples, warmUpMs, measureMs, say };
  if (openFga) return measurePeer(openFga, options);
  return measureOwn(options, profile ? async (part, taken) => void (await writeProfile(name, part, taken)) : undefined);
}

function curveOf({ orgs, warmUpMs, measureMs }: BenchOptions) {
  return withDataDir(async (dataDir) => {
    const server = await startStandalone({ dataDir });
    const world = openWorld(server.baseUrl, server.bootstrap);
    try {
      return await measureCurve(server, world, { orgs, warmUpMs, measureMs, say });
    } finally {
      await world.http.close();
      await server.stop();
    }
  });
}
