// Lists over the open messages, for people: walks, because they are asked for rarely.
import type { Core } from './core.ts';
import { idTime } from './ids.ts';
import { Letter, MessagePhase } from './layout.ts';
import type { MessageView } from './service.ts';
import { messageView } from './views.ts';

/** The newest open messages of an account, older than `from`: a walk, because the list is asked for by people. */
export function newestOpen(core: Core, account: number, from: Buffer | null, limit: number): MessageView[] {
  const { store } = core;
  const found: { readonly id: Buffer; readonly handle: number }[] = [];
  // Ids begin with the time of accept, so that most letters need not be looked at; they may have left memory.
  const fromMs = from === null ? Number.POSITIVE_INFINITY : idTime(from);
  for (let handle = store.span - 1; handle >= 0; handle--) {
    if (store.phase[handle] === MessagePhase.free || store.account[handle] !== account) continue;
    const acceptedAt = store.acceptedAt[handle] as number;
    const oldest = found.at(-1);
    if (acceptedAt > fromMs || (found.length >= limit && oldest !== undefined && acceptedAt < idTime(oldest.id)))
      continue;
    store.slab.trim();
    const at = (store.offset[handle] as number) + Letter.id;
    const buffer = store.buffer(handle);
    if (from !== null && buffer.compare(from, 0, 16, at, at + 16) >= 0) continue;
    const worst = found.at(-1);
    if (found.length >= limit && worst !== undefined && buffer.compare(worst.id, 0, 16, at, at + 16) <= 0) continue;
    found.push({ id: Buffer.from(buffer.subarray(at, at + 16)), handle });
    found.sort((a, b) => b.id.compare(a.id));
    if (found.length > limit) found.pop();
  }
  return found.map((one) => messageView(store, one.handle, core.names));
}

/** An id that is greater than all ids before `ms` and less than all from then on. */
export function firstIdAt(ms: number): Buffer {
  const id = Buffer.alloc(16);
  const bounded = Math.max(0, Math.min(ms, 2 ** 48 - 1));
  id.writeUInt32BE(Math.floor(bounded / 0x1_0000), 0);
  id.writeUInt16BE(bounded % 0x1_0000, 4);
  return id;
}
