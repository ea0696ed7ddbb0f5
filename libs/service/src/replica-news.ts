import { z } from 'zod';

/** What a replica says of itself on `replica.alive`. */
export interface ReplicaNews {
  readonly service: string;
  /** Of the process; another one after a restart. */
  readonly instance: string;
  /** Where it takes requests, without a trailing slash. */
  readonly url: string;
  /** Grows with every word of the replica: what is older than what was heard is no news. */
  readonly at: number;
  readonly state: 'up' | 'gone';
}

const schema = z.object({
  service: z.string(),
  instance: z.string(),
  url: z.url({ protocol: /^https?$/ }),
  at: z.number(),
  state: z.enum(['up', 'gone']),
});

export function encodeReplicaNews(news: ReplicaNews): Uint8Array {
  return Buffer.from(JSON.stringify(news));
}

/** Undefined for what another version of the platform may say one day. */
export function decodeReplicaNews(body: Uint8Array): ReplicaNews | undefined {
  try {
    return schema.safeParse(JSON.parse(Buffer.from(body).toString())).data;
  } catch {
    return undefined;
  }
}
