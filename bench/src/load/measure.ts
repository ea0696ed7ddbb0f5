import { readUsage, type Usage } from '../server/process-tree.js';
import { type Driven, type DriveOptions, drive, type Operation } from './drive.js';

/** A window of load and what the processes used in it. */
export interface Measurement extends Driven {
  readonly perSecond: number;
  /** Absent where the system does not tell. */
  readonly usage?: {
    readonly cpuSeconds: {
      readonly node: number;
      readonly database: number;
      /** The load generator, on the same machine. */
      readonly generator: number;
      /** Everything else on the machine: what disturbed the measurement. */
      readonly others: number;
    };
    /** Operations per CPU second of the server: its Node process alone, and with its database. */
    readonly perCpuSecond: { readonly node: number; readonly server: number };
    readonly rssBytes: number;
    readonly databasePssBytes: number | undefined;
  };
}

interface Reading {
  readonly server: Usage;
  readonly generatorSeconds: number;
}

/** Drives load against the server of a process id. */
export async function measure(
  serverPid: number,
  users: readonly Operation[],
  options: DriveOptions,
): Promise<Measurement> {
  let before: Reading | undefined;
  let after: Reading | undefined;
  const driven = await drive(users, {
    ...options,
    async onStart() {
      await options.onStart?.();
      before = read(serverPid);
    },
    async onEnd() {
      after = read(serverPid);
      await options.onEnd?.();
    },
  });
  const perSecond = driven.operations / driven.seconds;
  return { ...driven, perSecond, ...(before && after && { usage: difference(before, after, driven.operations) }) };
}

function difference(before: Reading, after: Reading, operations: number): NonNullable<Measurement['usage']> {
  const node = after.server.node.cpuSeconds - before.server.node.cpuSeconds;
  const database = after.server.database.cpuSeconds - before.server.database.cpuSeconds;
  const generator = after.generatorSeconds - before.generatorSeconds;
  const machine = after.server.machineCpuSeconds - before.server.machineCpuSeconds;
  return {
    cpuSeconds: { node, database, generator, others: Math.max(0, machine - node - database - generator) },
    perCpuSecond: { node: operations / node, server: operations / (node + database) },
    rssBytes: after.server.node.rssBytes,
    databasePssBytes: after.server.database.pssBytes,
  };
}

function read(serverPid: number): Reading | undefined {
  const server = readUsage(serverPid);
  if (!server) return undefined;
  const { user, system } = process.cpuUsage();
  return { server, generatorSeconds: (user + system) / 1e6 };
}
