import { type RequestContext, requireOrg } from '@lumo/tenancy';
import { type ChainDefect, type ChainHead, emptyChain, verifyChain } from '../core/hash-chain.js';
import type { AuditPorts } from '../ports.js';

export interface Verification {
  /** Records that were checked. */
  readonly checked: number;
  readonly defect?: ChainDefect;
  /** Where the next call goes on; absent where the end was reached or a defect was found. */
  readonly nextSeq?: number;
  /** The head as it was when the check began. Keep it elsewhere, and nobody can rewrite the end of the log unseen. */
  readonly head: ChainHead;
}

/** Follows the hash chain of the log from record `seq` over `limit` records. From a later start, the hash before it is believed. */
export function verifyLog({ reader }: AuditPorts) {
  return async (
    _ctx: RequestContext,
    { seq, limit }: { readonly seq: number; readonly limit: number },
  ): Promise<Verification> => {
    const empty = emptyChain(requireOrg().id);
    const { head = empty, previous: before, records } = await reader.partFrom(seq, limit);
    const previous = seq === 1 ? empty : before;
    if (!previous) {
      return seq > head.seq + 1 ? { checked: 0, head } : { checked: 0, defect: { reason: 'gap', seq: seq - 1 }, head };
    }
    const isLast = records.length < limit || (records.at(-1)?.seq ?? 0) >= head.seq;
    const verified = verifyChain(previous, records, isLast ? head : undefined);
    return {
      checked: records.length,
      ...(!verified.ok && { defect: verified.error }),
      ...(verified.ok && !isLast && { nextSeq: verified.value.seq + 1 }),
      head,
    };
  };
}
