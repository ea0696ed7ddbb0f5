import { err, ok } from '@lumo/kit';
import type { EventConsumers, JobQueue } from '@lumo/messaging';
import type { Egress } from '@lumo/service';
import { type LogoutNotification, NOTIFICATION_ATTEMPTS, type notifyLogout } from '../app/notify-logout.js';
import type { NotificationSender } from '../ports.js';
import type { AuthnTables } from '../tables.js';

const QUEUE = 'authn.logout';

type Handler = NonNullable<EventConsumers<AuthnTables>['auth.logout']>;

/** News of ended sessions becomes one job for each client that has a back channel or may have one. */
export interface LogoutDelivery {
  readonly consumers: Pick<EventConsumers<AuthnTables>, 'auth.logout' | 'session.revoked'>;
  work(jobs: JobQueue): Promise<void>;
}

export function createLogoutDelivery(notify: ReturnType<typeof notifyLogout>): LogoutDelivery {
  // Events may arrive before the queue is there: they wait for it.
  const queue = Promise.withResolvers<JobQueue>();
  const enqueue: Handler = async (events) => {
    const jobs = await queue.promise;
    for (const { target, data } of events) {
      // Both events are written by app/end-sessions.ts.
      const clients = (data.clients ?? []) as readonly { readonly clientId: string; readonly sid?: string }[];
      for (const client of clients) {
        const notification: LogoutNotification = { ...client, userId: target?.id ?? '' };
        await jobs.enqueue(QUEUE, notification, { attempts: NOTIFICATION_ATTEMPTS });
      }
    }
  };
  return {
    consumers: { 'auth.logout': enqueue, 'session.revoked': enqueue },
    async work(jobs) {
      // Only `enqueue` above writes the payload.
      await jobs.work(QUEUE, (job) => notify(job.payload as LogoutNotification, job));
      queue.resolve(jobs);
    },
  };
}

const TIMEOUT_MS = 5000;

/** OpenID Connect Back-Channel Logout 1.0 section 2.5: a form post, answered with 200 or 204, or 400 for a refusal. */
export function logoutSender(egress: Egress): NotificationSender {
  return async (url, form) => {
    const answer = await egress.fetch(url, {
      purpose: 'logout',
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
      statuses: [200, 204],
      timeoutMs: TIMEOUT_MS,
    });
    if (answer.ok) return ok(undefined);
    const failure = answer.error;
    const reason = failure.reason === 'status' ? `status ${failure.status}` : failure.reason;
    return err({ reason, worthRetrying: failure.reason !== 'status' || isPassing(failure.status) });
  };
}

/** What may be another answer in a minute. */
function isPassing(status: number): boolean {
  return status >= 500 || status === 408 || status === 429;
}
