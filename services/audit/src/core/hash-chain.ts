import { createHash, hash as digest } from 'node:crypto';
import { err, ok, type Result } from '@lumo/kit';
import { canonicalJson } from './canonical-json.js';
import type { LogFact, LogRecord } from './log-record.js';

/** Where a chain stands: the number and the hash of its last record. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: Buffer;
}

/** Changes with the meaning of a record's canonical form, so that an old hash is never checked by a new rule. */
const FORMAT = 1;

/** The head of a log without records. It carries the org: no chain can be passed off as the chain of another org. */
export function emptyChain(orgId: string): ChainHead {
  return { seq: 0, hash: createHash('sha256').update(`lumo audit chain ${FORMAT} ${orgId.toLowerCase()}`).digest() };
}

/** Gives facts the next places of the chain. The last record is the new head. */
export function appendToChain(head: ChainHead, facts: readonly LogFact[], recordedAt: Date): readonly LogRecord[] {
  let { seq, hash } = head;
  return facts.map((fact) => {
    seq += 1;
    hash = hashRecord(hash, { ...fact, seq, recordedAt });
    return { ...fact, seq, recordedAt, hash };
  });
}

export type ChainDefect =
  /** A record is missing, or stands twice. */
  | { readonly reason: 'gap'; readonly seq: number }
  /** This record, or the hash of the one before it, was changed. */
  | { readonly reason: 'changed'; readonly seq: number }
  /** The chain ends at another record than the head says: its end was cut off, or the head was changed. */
  | { readonly reason: 'end'; readonly seq: number };

/**
 * Follows records from a known place. `records` are the ones right after `from`, in order; `head` is given where they
 * should reach it. Finds every record that was changed, removed, inserted or moved, as long as one later hash is known:
 * who can rewrite the whole end of the chain and its head needs a copy of a hash outside of the database to be caught.
 */
export function verifyChain(
  from: ChainHead,
  records: readonly LogRecord[],
  head?: ChainHead,
): Result<ChainHead, ChainDefect> {
  let { seq, hash } = from;
  for (const record of records) {
    if (record.seq !== seq + 1) return err({ reason: 'gap', seq: seq + 1 });
    const expected = hashRecord(hash, record);
    if (!expected.equals(record.hash)) return err({ reason: 'changed', seq: record.seq });
    seq = record.seq;
    hash = expected;
  }
  if (head && seq < head.seq) return err({ reason: 'gap', seq: seq + 1 });
  if (head && (seq !== head.seq || !hash.equals(head.hash))) return err({ reason: 'end', seq });
  return ok({ seq, hash });
}

function hashRecord(
  previous: Buffer,
  { hash: _own, ...record }: Omit<LogRecord, 'hash'> & { readonly hash?: Buffer },
): Buffer {
  const text = canonicalJson({
    ...record,
    format: FORMAT,
    occurredAt: record.occurredAt.toISOString(),
    recordedAt: record.recordedAt.toISOString(),
  });
  return digest('sha256', Buffer.concat([previous, Buffer.from(text)]), 'buffer');
}
