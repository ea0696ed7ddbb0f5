import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { CallOutcome } from '../../support/sealed-call.js';
import { parts } from './new-enemy-rounds.js';

/** A change of several tuples that must be whole or absent. */
export interface Batch {
  readonly name: string;
  readonly key: string;
  readonly body: object;
  readonly writes: readonly string[];
  /** Tuples of an earlier batch, which this one takes away. */
  readonly deletes: readonly string[];
  /** `open`: nobody said whether it was done. */
  outcome: 'done' | 'open';
  /** How often it was sent. */
  attempts: number;
}

export interface BatchWriters {
  readonly batches: readonly Batch[];
  /** Every answer that was neither success nor a request to come again. */
  readonly surprises: readonly string[];
  stop(): Promise<void>;
}

export type SendBatch = (body: object, idempotencyKey: string) => Promise<CallOutcome>;

const TUPLES = 5;
/** Of batches whose end is not known every third is left so; the others are sent again with their key until they are answered. */
const LEFT_OPEN = 3;
const PASSING: readonly CallOutcome['status'][] = [503, 'unreachable', 'hung'];

/** Writers who write batches one after the other, and with every third of them take an earlier one away. */
export function startBatchWriters(count: number, ways: readonly SendBatch[]): BatchWriters {
  const batches: Batch[] = [];
  const surprises: string[] = [];
  let stopping = false;
  let opened = 0;

  async function settle(batch: Batch, turn: number): Promise<void> {
    let leaves = false;
    for (;;) {
      const send = ways[(turn + batch.attempts) % ways.length] as SendBatch;
      batch.attempts += 1;
      const { status, body, text } = await send(batch.body, batch.key);
      if (status === 200) {
        const { written, deleted } = body as { written: number; deleted: number };
        if (written !== batch.writes.length || deleted !== batch.deletes.length)
          surprises.push(`${batch.name}: ${text}`);
        batch.outcome = 'done';
        return;
      }
      if (!PASSING.includes(status)) surprises.push(`${batch.name}, attempt ${batch.attempts}: ${status} ${text}`);
      if (batch.attempts === 1) {
        leaves = opened % LEFT_OPEN === 0;
        opened += 1;
      }
      if (leaves) return;
      await delay(20);
    }
  }

  const writers = Array.from({ length: count }, async (_, writer) => {
    const there: Batch[] = [];
    for (let turn = 0; !stopping; turn += 1) {
      const name = `w${writer}-${turn}`;
      const writes = Array.from({ length: TUPLES }, (_none, n) => `document:${name}-${n}#viewer@agent:${writer}`);
      const old = turn % 3 === 2 ? there.shift() : undefined;
      const deletes = old?.writes ?? [];
      const body = { writes: writes.map(parts), deletes: deletes.map(parts) };
      const batch: Batch = { name, key: randomUUID(), body, writes, deletes, outcome: 'open', attempts: 0 };
      batches.push(batch);
      await settle(batch, turn + writer);
      // What happened to one that was left open nobody knows: it is not touched again.
      if (batch.outcome === 'done') there.push(batch);
    }
  });
  return {
    batches,
    surprises,
    async stop() {
      stopping = true;
      await Promise.all(writers);
    },
  };
}
