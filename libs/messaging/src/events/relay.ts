import { AsyncLocalStorage } from 'node:async_hooks';
import type { ServiceName } from '@lumo/contracts';
import type { MessagingLogger } from '../logger.js';
import { type MessagingMetrics, noMetrics } from '../metrics.js';
import type { EventDatabase } from './events.js';
import { inRelayTransaction, lockDueEvents, type OutboxRow, postponeEvents, removeEvents } from './outbox-table.js';

/** What became of a batch. */
export interface Delivery {
  /** Events that every subscriber has, or that are safe with the broker: they leave the outbox. */
  readonly settled: readonly OutboxRow[];
  /** Events that come again later. */
  readonly again: readonly { readonly id: string; readonly delayMs: number }[];
}

/** Where a relay brings events. Rejecting leaves the whole batch as it was. */
export interface EventSink {
  deliver(rows: readonly OutboxRow[]): Promise<Delivery>;
  /** Called after the settled events left the outbox for good. */
  forget?(settled: readonly OutboxRow[]): Promise<void>;
}

/**
 * Carries events of one service's outbox to a sink. Any number of relays may work on one outbox: a batch is locked
 * (`skip locked`) until its outcome is committed, so that a relay that dies gives it back at once.
 */
export interface Relay {
  /** Something was, or is about to be, committed. */
  wake(): void;
  /** Delivers until nothing is due. Rejects where the sink or the database fails. */
  drain(): Promise<void>;
  /** Finishes the batch in hand and stops. */
  stop(): Promise<void>;
}

export interface RelayOptions {
  readonly service: ServiceName;
  readonly database: EventDatabase;
  readonly sink: EventSink;
  readonly logger: MessagingLogger;
  readonly metrics?: MessagingMetrics;
  readonly batchSize?: number;
  /** Longest time until events are found that nobody announced (of a process that died), in milliseconds (1000). */
  readonly pollMs?: number;
}

/** When to look after a wake: the announced transaction commits at any of these, or the poll finds it later. */
const LOOK_AFTER_MS = [15, 40, 100, 300] as const;
const MAX_FAILURE_DELAY_MS = 2000;

/**
 * Woken by the writer in the same process rather than by NOTIFY: every writer runs beside a relay of its outbox, and
 * NOTIFY makes PostgreSQL commit one transaction at a time.
 */
export function startRelay(options: RelayOptions): Relay {
  const { service, database, sink, logger, metrics = noMetrics, batchSize = 500, pollMs = 1000 } = options;
  let stopping = false;
  /** How often was looked since the last wake. */
  let looks: number = LOOK_AFTER_MS.length;
  let rousePoll: (() => void) | undefined;
  let endRest: (() => void) | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  async function pass(): Promise<number> {
    const { settled, count } = await inRelayTransaction(database, async (tx) => {
      const rows = await lockDueEvents(tx, batchSize);
      if (rows.length === 0) return { settled: [], count: 0 };
      const delivery = await sink.deliver(rows);
      await removeEvents(
        tx,
        delivery.settled.map((row) => row.event.id),
      );
      await postponeEvents(tx, delivery.again);
      return { settled: delivery.settled, count: rows.length };
    });
    if (settled.length > 0) {
      metrics.eventsPublished(service, settled.length);
      await sink.forget?.(settled);
    }
    return count;
  }

  /** One pass at a time in this process: the loop and `drain` take turns. */
  function takeTurn(): Promise<number> {
    const mine = turn.then(pass);
    turn = mine.catch(() => {});
    return mine;
  }

  function rest(ms: number): Promise<void> {
    if (stopping) return Promise.resolve();
    return new Promise((resolve) => {
      let timer = setTimeout(resolve, ms);
      rousePoll = () => {
        clearTimeout(timer);
        timer = setTimeout(resolve, LOOK_AFTER_MS[0]);
      };
      endRest = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (!stopping) {
      try {
        const count = await takeTurn();
        failures = 0;
        if (count === batchSize) continue;
        if (count > 0) looks = 0;
        const lookAfterMs = LOOK_AFTER_MS[looks];
        looks += 1;
        await rest(lookAfterMs ?? pollMs);
      } catch (err) {
        failures += 1;
        if (failures === 1 || failures % 20 === 0)
          logger.warn({ err, service, failures }, 'events could not be relayed and wait');
        await rest(Math.min(100 * 2 ** failures, MAX_FAILURE_DELAY_MS));
      }
    }
  }

  const running = AsyncLocalStorage.snapshot()(run);
  return {
    wake() {
      const polling = looks > LOOK_AFTER_MS.length;
      looks = 0;
      if (polling) rousePoll?.();
    },
    async drain() {
      while ((await takeTurn()) > 0);
    },
    async stop() {
      stopping = true;
      endRest?.();
      await running;
    },
  };
}
