// Folders and small files that must outlast a power cut: their names are synced too, in the folder that holds them. What is
// promised inside a folder whose own name may vanish is not promised at all.
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Makes the folder, and those above it, where they are missing; when this returns their names are durable. */
export function makeFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  // Those above may have been made by a start that was killed before it came to this: all are synced, every time.
  for (let below = resolve(path), above = dirname(below); above !== below; below = above, above = dirname(above)) {
    if (!syncFolder(above)) return;
  }
}

/** Writes a whole file that replaces any of that name; after a power cut there is the old one or the new one. */
export function writeFileDurably(path: string, text: string): void {
  const temporary = `${path}.tmp`;
  const fd = openSync(temporary, 'w', 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

/** False: it may not be read, so it was not made by us. */
function syncFolder(path: string): boolean {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM') return false;
    throw error;
  }
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return true;
}
