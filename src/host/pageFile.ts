// Pages that have left memory, in a file without a name: it ends with the process. Each is sealed under a key that stands in
// memory alone and is forgotten when the page comes back, so that what is on the disk never opens (design §5.6).
import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';
import { fdatasync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { SlabPages } from '../base/slab.ts';
import { meaning } from './journalStore.ts';

const KEY_OCTETS = 32;
const NONCE_OCTETS = 12;

/**
 * Written out behind the program's back in portions of this size. Left to the kernel, all of a backlog goes to the disk half a
 * minute later at once, and each sync of the journal waits behind it for a quarter of a second.
 */
const WRITE_OUT_BYTES = 4 << 20;

interface Seal {
  /** Key and nonce, drawn for this one page. */
  readonly key: Buffer;
  readonly tag: Buffer;
}

/** Opens room for pages of `pageBytes` octets in `folder`, which must exist. */
export function openPageFile(folder: string, pageBytes: number): SlabPages {
  const path = join(folder, 'pages');
  const fd = openSync(path, 'w+', 0o600);
  rmSync(path);
  const seals: (Seal | undefined)[] = [];
  let unwritten = 0;
  let writingOut = false;
  const writeOut = (): void => {
    unwritten = 0;
    writingOut = true;
    // What the disk refuses shows when the page comes back and does not open; nothing here is promised to last.
    fdatasync(fd, () => {
      writingOut = false;
    });
  };
  return {
    store: (index, octets) => {
      const key = randomFillSync(Buffer.alloc(KEY_OCTETS + NONCE_OCTETS));
      const cipher = createCipheriv('aes-256-gcm', key.subarray(0, KEY_OCTETS), key.subarray(KEY_OCTETS));
      const sealed = cipher.update(octets);
      cipher.final();
      try {
        for (let at = 0; at < pageBytes; ) at += writeSync(fd, sealed, at, pageBytes - at, index * pageBytes + at);
      } catch (error) {
        if (meaning(error) !== 'full') throw error;
        return false;
      }
      seals[index] = { key, tag: cipher.getAuthTag() };
      unwritten += pageBytes;
      if (unwritten >= WRITE_OUT_BYTES && !writingOut) writeOut();
      return true;
    },
    load: (index, octets) => {
      const seal = seals[index];
      if (seal === undefined) throw new Error(`page ${index} was never stored`);
      for (let at = 0; at < pageBytes; ) {
        const read = readSync(fd, octets, at, pageBytes - at, index * pageBytes + at);
        if (read === 0) throw new Error(`page ${index} is cut off at octet ${at}`);
        at += read;
      }
      const { key, tag } = seal;
      const decipher = createDecipheriv('aes-256-gcm', key.subarray(0, KEY_OCTETS), key.subarray(KEY_OCTETS));
      decipher.setAuthTag(tag);
      octets.set(decipher.update(octets));
      decipher.final();
    },
    forget: (index) => {
      seals[index]?.key.fill(0);
      seals[index] = undefined;
    },
  };
}
