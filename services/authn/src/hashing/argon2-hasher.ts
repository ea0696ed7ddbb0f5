// Seam for @node-rs/argon2: hashing runs on libuv's threads, so the event loop stays free.
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { HashCost } from '@lumo/service';
import { hash, verify } from '@node-rs/argon2';
import type { PasswordHasher } from '../ports.js';
import { createBoundedQueue } from './bounded-queue.js';

/** `Algorithm.Argon2id` of the package, a const enum that a module compiled on its own cannot read. */
const ARGON2ID = 2;

/** libuv has four threads by default; file reads and name lookups need one of them also while everybody signs in. */
const MAX_THREADS = 3;
/** About one second of work at the default cost: 9 ms and 19 MiB a hash on one core of a 2024 server, measured. */
const QUEUE_PER_THREAD = 100;

/** `cost` follows the OWASP Password Storage Cheat Sheet by default (see LUMO_PASSWORD_COST). */
export async function createPasswordHasher(cost: HashCost): Promise<PasswordHasher> {
  const concurrency = Math.min(MAX_THREADS, availableParallelism());
  const queue = createBoundedQueue({ concurrency, capacity: concurrency * QUEUE_PER_THREAD });
  const options = {
    algorithm: ARGON2ID,
    memoryCost: cost.memoryKib,
    timeCost: cost.passes,
    parallelism: cost.lanes,
  };
  // A real hash of what nobody knows: comparing with it costs what every comparison costs.
  const nobody = await hash(randomBytes(32), options);
  const marker = `$m=${cost.memoryKib},t=${cost.passes},p=${cost.lanes}$`;
  return {
    hash: (password) => queue.run(() => hash(password, options)),
    verify: (stored, password) => queue.run(() => verify(stored, password)),
    async verifyNobody(password) {
      await queue.run(() => verify(nobody, password));
      return false;
    },
    isOutdated: (stored) => !(stored.startsWith('$argon2id$') && stored.includes(marker)),
  };
}
