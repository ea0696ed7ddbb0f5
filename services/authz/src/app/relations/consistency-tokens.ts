import { DomainError } from '@lumo/kit';
import type { TextSealer } from './sealed-text.js';

const PURPOSE = 'relation-consistency';
const VERSION = 1;
const EPOCH_BYTES = 8;
const ORG_BYTES = 16;
const REVISION_BYTES = 6;
const REMEMBERED = 1_000;

/**
 * Tokens say which state an answer rests on: organization, epoch of the storage, revision (authz-engine.md 5.6). Opaque text
 * of 63 characters. A token of another organization or of another epoch is refused: its revision would mean another state.
 */
export interface ConsistencyTokens {
  /** @param epoch 16 hex digits */
  mint(orgId: string, epoch: string, revision: number): string;
  /** The revision of a token. @throws DomainError consistency_token_invalid */
  open(token: string, orgId: string, epoch: string): number;
}

export function createConsistencyTokens(sealer: TextSealer): ConsistencyTokens {
  /** Tokens that were found genuine: clients send the same one again and again. */
  const genuine = new Map<string, Buffer>();

  function bodyOf(token: string): Buffer {
    const known = genuine.get(token);
    if (known) return known;
    const body = sealer.open(PURPOSE, token);
    if (body?.[0] !== VERSION) throw refused('malformed', 'This is no consistency token of this installation.');
    if (genuine.size >= REMEMBERED) genuine.clear();
    genuine.set(token, body);
    return body;
  }

  return {
    mint(orgId, epoch, revision) {
      const body = Buffer.alloc(1 + EPOCH_BYTES + ORG_BYTES + REVISION_BYTES);
      body[0] = VERSION;
      body.write(epoch, 1, 'hex');
      body.write(orgId.replaceAll('-', ''), 1 + EPOCH_BYTES, 'hex');
      body.writeUIntBE(revision, 1 + EPOCH_BYTES + ORG_BYTES, REVISION_BYTES);
      return sealer.seal(PURPOSE, body);
    },
    open(token, orgId, epoch) {
      const body = bodyOf(token);
      if (
        body.toString('hex', 1 + EPOCH_BYTES, 1 + EPOCH_BYTES + ORG_BYTES) !== orgId.replaceAll('-', '').toLowerCase()
      ) {
        throw refused('other_org', 'This consistency token belongs to another organization.');
      }
      if (body.toString('hex', 1, 1 + EPOCH_BYTES) !== epoch) {
        throw refused('other_epoch', 'The database was restored after this consistency token was given out.');
      }
      return body.readUIntBE(1 + EPOCH_BYTES + ORG_BYTES, REVISION_BYTES);
    },
  };
}

type TokenProblem = 'malformed' | 'other_org' | 'other_epoch' | 'unknown_revision';

export function refused(reason: TokenProblem, message: string): DomainError {
  return new DomainError(
    'invalid',
    'consistency_token_invalid',
    `${message} Ask with "fully_consistent" and keep the token of the answer.`,
    { details: { reason } },
  );
}
