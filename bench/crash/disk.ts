// The disk that loses power (shadow.c): compiled here, put under a program by its environment, and cut. Also the switches of
// the same library by which syncs wait or fail.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('./shadow.c', import.meta.url));

/** The library in a folder of its own, which `remove` takes away; or why there is none on this machine. */
export type ShadowLibrary =
  | { readonly ok: true; readonly path: string; readonly remove: () => void }
  | { readonly ok: false; readonly reason: string };

export function compileShadow(): ShadowLibrary {
  if (process.platform !== 'linux') return { ok: false, reason: 'needs Linux' };
  const folder = mkdtempSync(join(tmpdir(), 'glaspost-shadow-'));
  const path = join(folder, 'shadow.so');
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const built = spawnSync('gcc', ['-O2', '-shared', '-fPIC', '-o', path, SOURCE, '-ldl', '-lpthread'], {
    encoding: 'utf8',
  });
  if (built.error === undefined && built.status === 0) return { ok: true, path, remove };
  remove();
  const missing = (built.error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
  return { ok: false, reason: missing ? 'gcc is not installed' : `gcc: ${built.stderr.slice(0, 500)}` };
}

export interface DiskOptions {
  readonly library: string;
  /** The data folder that is followed; its parent must exist. */
  readonly root: string;
  /** Folder for the shadow and the switches; made, and owned by this disk. */
  readonly beside: string;
  readonly syncDelayMs?: number;
  readonly trace?: boolean;
}

export class Disk {
  readonly #options: DiskOptions;
  readonly #root: string;

  constructor(options: DiskOptions) {
    this.#options = options;
    mkdirSync(this.#shadow, { recursive: true });
    mkdirSync(options.root, { recursive: true, mode: 0o700 });
    // The library compares with what the kernel says of open files: no symbolic link may stand in the way.
    this.#root = realpathSync(options.root);
  }

  /** For the program whose data folder this is. */
  get environment(): { readonly [name: string]: string } {
    const { library, syncDelayMs, trace } = this.#options;
    return {
      LD_PRELOAD: library,
      UV_USE_IO_URING: '0',
      GLASPOST_SHADOW_ROOT: this.#root,
      GLASPOST_SHADOW: realpathSync(this.#shadow),
      GLASPOST_SYNC_GATE: this.#gate,
      GLASPOST_SYNC_FAIL: this.#failing,
      ...(syncDelayMs === undefined ? {} : { GLASPOST_SYNC_DELAY_MS: String(syncDelayMs) }),
      ...(trace === true ? { GLASPOST_TRACE: this.tracePath } : {}),
    };
  }

  get tracePath(): string {
    return join(this.#options.beside, 'trace');
  }

  /** The program has ended: its folder is put back to what was synced, and that is durable from now on. */
  cutPower(): void {
    // Killed before the folder had been taken in: the program itself had not begun, everything is as it was.
    if (existsSync(join(this.#shadow, 'ready'))) {
      rmSync(this.#root, { recursive: true });
      cpSync(join(this.#shadow, 'dirs', 'root'), this.#root, { recursive: true, dereference: true });
    }
    rmSync(this.#shadow, { recursive: true });
    mkdirSync(this.#shadow);
  }

  /** While held, syncs wait before they begin. */
  holdSyncs(held: boolean): void {
    if (held) writeFileSync(this.#gate, '');
    else rmSync(this.#gate, { force: true });
  }

  /** While set, syncs fail with EIO. */
  failSyncs(fails: boolean): void {
    if (fails) writeFileSync(this.#failing, '');
    else rmSync(this.#failing, { force: true });
  }

  get #shadow(): string {
    return join(this.#options.beside, 'shadow');
  }

  get #gate(): string {
    return join(this.#options.beside, 'gate');
  }

  get #failing(): string {
    return join(this.#options.beside, 'failing');
  }
}
