import type { MessagingLogger } from '../logger.js';
import type { EventConsumer } from './consumer.js';
import { forgetAppliedBefore } from './inbox-table.js';
import { inRelayTransaction } from './outbox-table.js';

/**
 * A mark outlives every way in which its event can come again: an acknowledgement that was lost (seconds), a relay that
 * died between delivering and deleting. What waited while everything stood still comes again in the first minutes, and
 * the first tidying is an hour after the start.
 */
const FORGET_APPLIED_AFTER_DAYS = 3;
const TIDY_EVERY_MS = 3_600_000;

/** Forgets old marks of applied events every hour. Answers what stops it. */
export function tidyInboxes(consumers: readonly EventConsumer[], logger: MessagingLogger): () => void {
  async function tidy(): Promise<void> {
    for (const { database, service } of consumers) {
      await inRelayTransaction(database, (tx) => forgetAppliedBefore(tx, FORGET_APPLIED_AFTER_DAYS)).catch(
        (err: unknown) => logger.warn({ err, service }, 'marks of applied events could not be tidied'),
      );
    }
  }
  const timer = setInterval(() => void tidy(), TIDY_EVERY_MS);
  return () => clearInterval(timer);
}
