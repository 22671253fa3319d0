// Receipts from the guard: taken durably before they are answered, once each, and added up to the message's final state
// (design §5.1, §5.4). What comes after the end is history and evidence only.
import type { SmppPeer } from '../driver/types.ts';
import type { DeliverSm } from '../smpp/pdu.ts';
import { tlv, tlvU8 } from '../smpp/pdu.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import { HopTag } from '../smpp/vendor.ts';
import { State } from './aggregate.ts';
import { type Core, messageByOp, writeOp } from './core.ts';
import { MessagePhase } from './layout.ts';
import { addEvent, EventKind, segmentState, setSegmentState } from './letters.ts';
import { settleReceipts } from './outcomes.ts';
import { RecordType, readU64 } from './records.ts';

const OP_OCTETS = 16;

export function takeReceipt(core: Core, peer: SmppPeer<number>, link: number, pdu: DeliverSm): void {
  const { store, log, counters } = core;
  counters.receipts_in++;
  const op = tlv(pdu, HopTag.op);
  const state = tlvU8(pdu, Tag.messageState);
  const segment = (tlvU8(pdu, HopTag.segment) ?? 1) - 1;
  const handle = op === undefined || op.length !== OP_OCTETS ? -1 : messageByOp(core, op);
  const nowMs = core.world.loop.now();
  // A message that is closed has its receipt already; answering ends the guard's repetition.
  if (handle < 0 || state === undefined || segment < 0 || segment >= (store.segments[handle] as number)) {
    counters.receipts_ignored++;
    log.after(core.answers.ready, core.answers.put(peer, pdu.sequence, -1));
    return;
  }
  if (store.terminal[handle] !== 0) {
    counters.receipts_ignored++;
    if (segmentState(store, handle, segment) !== state)
      addEvent(store, handle, EventKind.conflict, link, segment + 1, 0, nowMs, state);
    log.after(core.answers.ready, core.answers.put(peer, pdu.sequence, -1));
    return;
  }
  const received = tlv(pdu, HopTag.receivedAt);
  const at = received?.length === 8 ? readU64(received, 0) : nowMs;
  if (isFinal(state)) {
    const w = log.begin(RecordType.receipt);
    writeOp(core, w, handle);
    w.u8(segment);
    w.u8(state);
    w.u64(at);
    w.u16(link);
    log.end();
    applyReceipt(core, handle, segment, state, at, link);
    if (store.phase[handle] === MessagePhase.sent) settleReceipts(core, handle, at);
  }
  log.after(core.answers.ready, core.answers.put(peer, pdu.sequence, -1));
}

/** Sets a segment's final state; the first one stays, another one later is a conflict. Recovery repeats it. */
export function applyReceipt(
  core: Core,
  handle: number,
  segment: number,
  state: number,
  at: number,
  link: number,
): void {
  const { store } = core;
  const known = segmentState(store, handle, segment);
  if (known !== 0) {
    if (known !== state) addEvent(store, handle, EventKind.conflict, link, segment + 1, 0, at, state);
    return;
  }
  setSegmentState(store, handle, segment, state);
  addEvent(store, handle, EventKind.receipt, link, segment + 1, 0, at, state);
}

/** The guard sends final states only as final; ACCEPTED and ENROUTE say nothing that the money or the customer waits for. */
function isFinal(state: number): boolean {
  return state !== State.scheduled && state !== State.enroute && state !== State.accepted;
}
