import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SnapshotFiles } from '../relation-ports.js';

const MAGIC = Buffer.from('LUMOSNP1');
const IV_BYTES = 12;
const TAG_BYTES = 16;
const SUFFIX = '.snapshot';
/** Decrypted before others get their turn: about 2 ms. */
const BYTES_AT_ONCE = 4 * 1024 * 1024;
/** A file that nobody read or wrote for this long belongs to nobody any more. */
const UNUSED_MS = 30 * 86_400_000;
const HALF_WRITTEN_MS = 3_600_000;

export interface SealedFilesOptions {
  readonly folder: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
  readonly now: () => number;
  /** What could not be read or written costs time and nothing else. */
  readonly onError: (error: unknown) => void;
}

/**
 * Snapshots in a folder, AES-256-GCM under a key of the installation: tuples are data of organizations, also at rest, and who
 * could put a file here could otherwise grant anything. Names are hashed, files are for their owner only (0600), and a file
 * is written beside and renamed, so that it is there whole or not at all.
 */
export function createSealedFiles({ folder, key, now, onError }: SealedFilesOptions): SnapshotFiles {
  let tidied: Promise<void> | undefined;

  const pathOf = (name: string) => join(folder, `${createHash('sha256').update(name).digest('hex')}${SUFFIX}`);

  /** Once in the life of a process. */
  async function tidy(): Promise<void> {
    for (const file of await readdir(folder)) {
      const path = join(folder, file);
      const unusedMs = file.endsWith(SUFFIX) ? UNUSED_MS : HALF_WRITTEN_MS;
      const { mtimeMs } = await stat(path);
      if (mtimeMs < now() - unusedMs) await rm(path, { force: true });
    }
  }

  return {
    async read(name) {
      const path = pathOf(name);
      try {
        const bytes = await readFile(path);
        const seconds = now() / 1000;
        await utimes(path, seconds, seconds);
        return await unseal(bytes, name, key);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') onError(error);
        return undefined;
      }
    },

    begin(name) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(name));
      const parts: Buffer[] = [MAGIC, iv];
      return {
        add: (part) => void parts.push(cipher.update(part)),
        async commit() {
          parts.push(cipher.final(), cipher.getAuthTag());
          const draft = join(folder, `${randomBytes(8).toString('hex')}.draft`);
          try {
            await mkdir(folder, { recursive: true, mode: 0o700 });
            tidied ??= tidy();
            await tidied.catch(onError);
            const file = await open(draft, 'wx', 0o600);
            try {
              await file.writev(parts);
              // Without it a crash of the machine could leave a name without its bytes; they would be refused, but slowly.
              await file.datasync();
            } finally {
              await file.close();
            }
            await rename(draft, pathOf(name));
          } catch (error) {
            await rm(draft, { force: true }).catch(() => {});
            onError(error);
          }
        },
      };
    },
  };
}

/** @throws where the bytes are not what was sealed under the name */
async function unseal(bytes: Buffer, name: string, key: Uint8Array): Promise<Uint8Array> {
  const start = MAGIC.length + IV_BYTES;
  if (bytes.length < start + TAG_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new Error('this is no snapshot of this version');
  }
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(MAGIC.length, start))
    .setAAD(Buffer.from(name))
    .setAuthTag(bytes.subarray(-TAG_BYTES));
  const sealed = bytes.subarray(start, -TAG_BYTES);
  // In place: a second buffer of that size would cost as much as the decryption.
  for (let from = 0; from < sealed.length; from += BYTES_AT_ONCE) {
    sealed.set(decipher.update(sealed.subarray(from, from + BYTES_AT_ONCE)), from);
    await nextTurn();
  }
  decipher.final();
  return sealed;
}
