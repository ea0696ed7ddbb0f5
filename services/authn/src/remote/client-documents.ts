import type { Clock } from '@lumo/kit';
import type { Egress, EgressFailure, EgressResponse } from '@lumo/service';
import { requireOrg } from '@lumo/tenancy';
import { freshSeconds } from '../core/client-document.js';
import type { ClientDocuments, FetchedDocument } from '../document-ports.js';

/** The draft recommends 5 KB; documents with keys in them are larger. */
const MAX_BYTES = 16 * 1024;
const NO_DOCUMENT = [404, 410];

export function createClientDocuments(egress: Egress, clock: Clock): ClientDocuments {
  const underWay = new Map<string, Promise<FetchedDocument>>();

  async function ask(url: string, etag: string | undefined): Promise<FetchedDocument> {
    const answer = await egress.fetch(url, {
      purpose: 'client_metadata',
      accept: ['application/json', '+json'],
      statuses: etag === undefined ? [200] : [200, 304],
      maxBytes: MAX_BYTES,
      // Only an etag that can stand in a header goes back.
      ...(etag !== undefined && { headers: { 'if-none-match': etag } }),
    });
    return answer.ok ? read(answer.value) : refused(answer.error);
  }

  function read(answer: EgressResponse): FetchedDocument {
    const seconds = freshSeconds(answer.header, clock.now());
    if (answer.status === 304) return { kind: 'unchanged', freshSeconds: seconds };
    const document = answer.json();
    if (document === undefined) return { kind: 'failed', why: 'no JSON' };
    const etag = answer.header('etag');
    const isUsable = etag !== undefined && etag.length <= 256 && /^[\x21-\x7e]+$/.test(etag);
    return { kind: 'document', document, freshSeconds: seconds, ...(isUsable && { etag }) };
  }

  return {
    read(url, etag) {
      const key = JSON.stringify([requireOrg().id, url, etag]);
      const known = underWay.get(key);
      if (known) return known;
      const asked = ask(url, etag).finally(() => underWay.delete(key));
      underWay.set(key, asked);
      return asked;
    },
  };
}

function refused(failure: EgressFailure): FetchedDocument {
  if (failure.reason === 'status' && NO_DOCUMENT.includes(failure.status)) return { kind: 'withdrawn' };
  const detail = 'detail' in failure ? ` ${failure.detail}` : 'status' in failure ? ` ${failure.status}` : '';
  return { kind: 'failed', why: `${failure.reason}${detail}` };
}
