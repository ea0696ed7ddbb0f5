import { randomBytes } from 'node:crypto';
import { type Commit, type CommitListener, ENGINES } from '../ports.js';
import type { StoreChange } from '../relation-ports.js';

/** Passing bytes to every other process of the service; nothing may depend on their arrival. */
export interface NewsChannel {
  /** More than this is not passed on. */
  readonly maxBytes: number;
  publish(body: Uint8Array): void;
  subscribe(handler: (body: Uint8Array) => void): void;
}

export interface ChangeNewsOptions {
  readonly channel: NewsChannel;
  /** Undefined as long as nothing was answered here. */
  readonly epoch: () => string | undefined;
  /** Hears what other processes committed. */
  readonly listener: Pick<CommitListener, 'committed'>;
}

const SENDER_BYTES = 8;

interface News {
  readonly epoch: string | undefined;
  readonly orgId: string;
  readonly revision: number;
  readonly touched: readonly string[];
  readonly relations: readonly (Omit<StoreChange, 'at'> & { readonly at: string })[];
}

/**
 * Tells the other processes of every commit with what it changed, so that they know it milliseconds later and without
 * asking the database. What is lost, late or repeated costs time and nothing else: every change says what comes before it,
 * and the feed of revisions finds what nobody told.
 */
export function createChangeNews({ channel, epoch, listener }: ChangeNewsOptions): Pick<CommitListener, 'committed'> {
  /** A process hears itself, and knows already. */
  const self = randomBytes(SENDER_BYTES);

  channel.subscribe((body) => {
    if (self.equals(body.subarray(0, SENDER_BYTES))) return;
    // Sealed by the channel: a process of this service wrote it.
    const news = JSON.parse(Buffer.from(body.subarray(SENDER_BYTES)).toString()) as News;
    // Revisions of another history mean other changes.
    if (news.epoch !== epoch()) return;
    listener.committed({
      orgId: news.orgId,
      revision: news.revision,
      touched: new Set(ENGINES.filter((engine) => news.touched.includes(engine))),
      relations: news.relations.map((change) => ({ ...change, at: new Date(change.at) })),
    });
  });

  return {
    committed({ orgId, revision, touched, relations }: Commit) {
      const news = { epoch: epoch(), orgId, revision, touched: [...touched], relations };
      const whole = encode(news);
      channel.publish(whole.length <= channel.maxBytes ? whole : encode({ ...news, relations: [] }));
    },
  };

  function encode(news: unknown): Buffer {
    return Buffer.concat([self, Buffer.from(JSON.stringify(news))]);
  }
}
