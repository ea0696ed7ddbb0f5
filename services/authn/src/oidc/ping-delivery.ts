import { DomainError } from '@lumo/kit';
import type { JobQueue } from '@lumo/messaging';
import type { Egress } from '@lumo/service';
import type { MasterKeyRing } from '@lumo/token-signing';
import type { Approval } from '../core/approval.js';
import type { ClientStore } from '../ports.js';
import type { PingNotification } from './decoupled.js';

const QUEUE = 'authn.ciba-ping';
const ATTEMPTS = 4;
const TIMEOUT_MS = 5000;
const SEAL_CONTEXT = 'ciba-notification';

/** Tells clients that a request of theirs was answered (CIBA section 10.2). */
export interface Pings {
  /** What is sealed opens tokens together with the client's own credentials: it is stored in no other way. */
  seal(notification: PingNotification): Buffer;
  /** Nothing for a client that asks itself. */
  enqueue(approval: Approval): Promise<void>;
  work(jobs: JobQueue): Promise<void>;
}

interface Payload {
  readonly clientId: string;
  readonly sealed: string;
}

export function createPings({
  ring,
  egress,
  clients,
}: {
  readonly ring: MasterKeyRing;
  readonly egress: Egress;
  readonly clients: Pick<ClientStore, 'byClientId'>;
}): Pings {
  const queue = Promise.withResolvers<JobQueue>();
  const keyName = ring.current.id;
  const ping = async ({ clientId, sealed }: Payload): Promise<void> => {
    const client = await clients.byClientId(clientId);
    const endpoint = client?.protocol.backchannelClientNotificationEndpoint;
    if (!client?.isActive || !endpoint) return;
    const [masterKeyId = '', bytes = ''] = sealed.split('.');
    const opened = ring.open(masterKeyId, Buffer.from(bytes, 'base64url'), SEAL_CONTEXT);
    // Only `seal` below writes it.
    const { token, authReqId } = JSON.parse(opened.toString('utf8')) as PingNotification;
    const answer = await egress.fetch(endpoint, {
      purpose: 'notification',
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ auth_req_id: authReqId }),
      statuses: [200, 204],
      timeoutMs: TIMEOUT_MS,
    });
    if (!answer.ok) {
      throw new DomainError(
        'unavailable',
        'notification_undelivered',
        `A client was not told: ${answer.error.reason}.`,
      );
    }
  };
  return {
    seal(notification) {
      const sealed = ring.current.seal(Buffer.from(JSON.stringify(notification)), SEAL_CONTEXT);
      return Buffer.from(`${keyName}.${sealed.toString('base64url')}`);
    },
    async enqueue({ clientId, notification }) {
      if (!notification) return;
      const payload: Payload = { clientId, sealed: notification.toString('utf8') };
      await (await queue.promise).enqueue(QUEUE, payload, { attempts: ATTEMPTS });
    },
    async work(jobs) {
      // Only `enqueue` above writes the payload.
      await jobs.work(QUEUE, (job) => ping(job.payload as Payload));
      queue.resolve(jobs);
    },
  };
}
