import { createHash } from 'node:crypto';
import { DomainError } from '@lumo/kit';
import type { TextSealer } from './sealed-text.js';

/** Where the next page of a list begins, as opaque text that only fits the question it was given for. */
export interface PageCursors {
  /** `position`: JSON. */
  seal(question: CursorQuestion, position: unknown): string;
  /** @throws DomainError cursor_invalid */
  open<T>(question: CursorQuestion, cursor: string): T;
}

export interface CursorQuestion {
  readonly list: 'tuples' | 'changes' | 'objects' | 'subjects' | 'models' | 'stores';
  readonly orgId: string;
  /** Everything else that must be the same for the next page. JSON. */
  readonly about: unknown;
}

export function createPageCursors(sealer: TextSealer): PageCursors {
  return {
    seal: (question, position) => sealer.seal(purposeOf(question), Buffer.from(JSON.stringify(position))),
    open(question, cursor) {
      const body = sealer.open(purposeOf(question), cursor);
      if (!body) {
        throw new DomainError(
          'invalid',
          'cursor_invalid',
          'This cursor was not given for this question. Ask for the first page again.',
        );
      }
      return JSON.parse(body.toString());
    },
  };
}

function purposeOf({ list, orgId, about }: CursorQuestion): string {
  const asked = createHash('sha256').update(JSON.stringify(about)).digest('base64url');
  return `relation-page ${list} ${orgId} ${asked}`;
}
