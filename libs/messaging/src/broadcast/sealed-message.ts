import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { err, ok, type Result } from '@lumo/kit';

/** Older messages are not believed: what was recorded on the network cannot be played back later. */
export const MESSAGE_TTL_MS = 60_000;

/** Proves that a process of this installation said something on a topic: HMAC-SHA256, the time, the body. */
export interface MessageSeal {
  seal(topic: string, body: Uint8Array, nowMs: number): Uint8Array;
  open(topic: string, message: Uint8Array, nowMs: number): Result<Uint8Array, 'malformed' | 'forged' | 'expired'>;
}

const MAC_BYTES = 32;
const HEAD_BYTES = MAC_BYTES + 8;

/** @param key 32 bytes that are used for nothing else */
export function createMessageSeal(key: Uint8Array): MessageSeal {
  const secret = createSecretKey(key);
  // A topic has no NUL in it, so that topic and rest cannot be cut elsewhere.
  const mac = (topic: string, signed: Uint8Array) =>
    createHmac('sha256', secret).update(`${topic}\0`).update(signed).digest();
  return {
    seal(topic, body, nowMs) {
      const message = Buffer.allocUnsafe(HEAD_BYTES + body.length);
      message.writeBigUInt64BE(BigInt(nowMs), MAC_BYTES);
      message.set(body, HEAD_BYTES);
      message.set(mac(topic, message.subarray(MAC_BYTES)), 0);
      return message;
    },
    open(topic, bytes, nowMs) {
      const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      if (message.length < HEAD_BYTES) return err('malformed');
      if (!timingSafeEqual(message.subarray(0, MAC_BYTES), mac(topic, message.subarray(MAC_BYTES))))
        return err('forged');
      const sentAtMs = Number(message.readBigUInt64BE(MAC_BYTES));
      return sentAtMs + MESSAGE_TTL_MS < nowMs ? err('expired') : ok(message.subarray(HEAD_BYTES));
    },
  };
}
