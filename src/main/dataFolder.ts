// The world of a program that owns a data folder: gateway and guard start and end with it alike.
import { join } from 'node:path';
import { createCrypto } from '../host/crypto.ts';
import { makeFolder } from '../host/durable.ts';
import { createHttp } from '../host/http.ts';
import { openJournal } from '../host/journal.ts';
import { createLoop } from '../host/loop.ts';
import { createNet } from '../host/net.ts';
import { openPageFile } from '../host/pageFile.ts';
import { openSpills } from '../host/spill.ts';
import type { Log } from '../port/log.ts';
import type { World } from '../port/world.ts';
import { ownStorageSecret } from './programs.ts';

export interface OwnedWorld {
  readonly world: World;
  readonly storageSecret: Buffer;
  close(): Promise<void>;
}

/** Opens what is in the folder. Null: it cannot be had, and `log` says why. `configuredSecret` empty: the folder's own. */
export async function openDataFolder(
  program: 'gateway' | 'guard',
  folder: string,
  configuredSecret: Buffer,
  log: Log,
): Promise<OwnedWorld | null> {
  let storageSecret: Buffer;
  try {
    makeFolder(folder);
    storageSecret = configuredSecret.length > 0 ? configuredSecret : ownStorageSecret(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    log.error('the data folder cannot be used', { folder, reason: (error as Error).message });
    return null;
  }
  const opened = await openJournal({ folder: join(folder, 'journal'), storageSecret });
  if (!opened.ok) {
    const { error } = opened;
    if (error.code === 'locked')
      log.error(`another ${program} runs on this data folder`, { folder, pid: error.pid ?? 0 });
    else log.error('the journal cannot be opened', { folder, detail: error.detail });
    return null;
  }
  const journal = opened.value;
  const spills = openSpills({ folder: join(folder, 'runs') });
  const loop = createLoop();
  const world: World = {
    loop,
    net: createNet(loop.input),
    crypto: createCrypto(),
    http: createHttp(),
    log,
    journal,
    spill: (name) => spills.spill(name),
    pages: (pageBytes) => openPageFile(folder, pageBytes),
  };
  const close = async (): Promise<void> => {
    await journal.close();
    await spills.close();
  };
  return { world, storageSecret, close };
}
