// replace_sm and replace_if_present_flag: a new text for a message that has not left, under the same id.
import type { SmppPeer } from '../driver/types.ts';
import { type ReplaceSm, tlv } from '../smpp/pdu.ts';
import { Status } from '../smpp/status.table.ts';
import { parseTime, toAbsoluteMs } from '../smpp/time.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import { type AcceptFacts, journalMessage } from './accept.ts';
import type { Account } from './accounts.ts';
import { REPLACE_DONE } from './answers.ts';
import { planBody } from './bodies.ts';
import { type Core, mayHaveLeft } from './core.ts';
import { Letter, MessagePhase, tailOf } from './layout.ts';
import { addEvent, EventKind, replaceBody } from './letters.ts';
import { openMessages } from './multi.ts';
import { sourceFits } from './operations.ts';
import { RecordType } from './records.ts';

export function replaceSm(core: Core, peer: SmppPeer<number>, account: Account, pdu: ReplaceSm): void {
  const { store } = core;
  // Of a submit_multi all that have not left get the new text.
  const named = openMessages(core, account, pdu.messageId).filter((one) =>
    sourceFits(store.source(one), pdu.sourceAddr),
  );
  const handle = named[0];
  if (handle === undefined) {
    peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RINVMSGID);
    return;
  }
  const nowMs = core.world.loop.now();
  const letter = store.offset[handle] as number;
  const dataCoding = store.buffer(handle)[letter + Letter.dataCoding] as number;
  // The PDU has no data_coding: the original one stays (§1.17).
  const planned = planBody(0, dataCoding, tlv(pdu, Tag.messagePayload) ?? pdu.shortMessage, 'gsm7', []);
  const schedule = time(pdu.scheduleDeliveryTime, nowMs);
  const validity = time(pdu.validityPeriod, nowMs);
  if (schedule === 'invalid' || validity === 'invalid') {
    peer.respondStatus(
      pdu.sequence,
      pdu.commandId,
      schedule === 'invalid' ? Status.ESME_RINVSCHED : Status.ESME_RINVEXPIRY,
    );
    return;
  }
  let replaced = false;
  if (typeof planned !== 'string') {
    const { octets, segments } = planned;
    for (const one of named) {
      if (segments > (store.segments[one] as number)) continue;
      if (replaceOpen(core, one, octets, segments, schedule, validity, pdu.registeredDelivery, nowMs)) replaced = true;
    }
  }
  if (replaced) core.log.after(core.answers.ready, core.answers.put(peer, pdu.sequence, REPLACE_DONE));
  else peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RREPLACEFAIL);
}

/**
 * A new text for a message that has not left, with the same id, journalled as a whole. Not more segments than were held:
 * the price stays (design §5.5).
 */
function replaceOpen(
  core: Core,
  handle: number,
  body: Buffer,
  segments: number,
  schedule: number | null,
  validity: number | null,
  registered: number,
  nowMs: number,
): boolean {
  const { store, ledger, log } = core;
  const phase = store.phase[handle];
  if (
    store.terminal[handle] !== 0 ||
    (phase !== MessagePhase.waiting && phase !== MessagePhase.queued) ||
    mayHaveLeft(core, handle)
  )
    return false;
  const queued = core.dispatch.withdraw(handle);
  const before = store.segments[handle] as number;
  const home = store.homeSeq[handle] as number;
  if (!replaceBody(store, handle, Buffer.from(body), segments)) {
    // No memory for a second letter: it waits as before, with the text it has.
    if (queued) core.dispatch.enqueue(handle, nowMs);
    return false;
  }
  const price = store.pricePerSegment[handle] as number;
  if (segments < before) ledger.void(store.account[handle] as number, (before - segments) * price);
  if (schedule !== null) store.dueAt[handle] = schedule;
  if (validity !== null) {
    store.validUntil[handle] = validity;
    store.deadline[handle] = validity + core.accounts.get(store.account[handle] as number).config.graceMs;
  }
  store.buffer(handle)[(store.offset[handle] as number) + Letter.registeredDelivery] = registered;
  addEvent(store, handle, EventKind.replaced, 255, 0, 0, nowMs, segments);
  store.phase[handle] = MessagePhase.accepting;
  // The whole message anew: the record says how many segments are held now.
  const w = log.begin(RecordType.replaced);
  const at = (store.offset[handle] as number) + Letter.id;
  w.bytes(store.buffer(handle), at, at + 16);
  w.u8(before - segments);
  log.end();
  journalMessage(core, handle, RecordType.message);
  log.live(home, -1);
  log.secretLive(home, -1);
  log.after(core.replaceDurable, handle);
  return true;
}

/** replace_if_present_flag: the pending message with the same source, destination and service_type, or -1 if there is none. */
export function replacePending(core: Core, account: Account, facts: AcceptFacts, nowMs: number): number {
  const { store } = core;
  const tail = tailOf(facts.destination);
  for (let handle = store.span - 1; handle >= 0; handle--) {
    if (
      store.phase[handle] === MessagePhase.free ||
      store.account[handle] !== account.number ||
      store.terminal[handle] !== 0 ||
      store.tail[handle] !== tail
    )
      continue;
    store.slab.trim();
    if (
      store.source(handle) !== facts.source ||
      store.destination(handle) !== facts.destination ||
      store.serviceType(handle) !== facts.serviceType
    )
      continue;
    const same =
      store.buffer(handle)[(store.offset[handle] as number) + Letter.dataCoding] === facts.dataCoding &&
      facts.segments <= (store.segments[handle] as number);
    if (
      same &&
      replaceOpen(
        core,
        handle,
        facts.body,
        facts.segments,
        facts.scheduleAt === 0 ? null : facts.scheduleAt,
        facts.validUntil,
        facts.registeredDelivery,
        nowMs,
      )
    )
      return handle;
  }
  return -1;
}

function time(text: string, nowMs: number): number | null | 'invalid' {
  if (text === '') return null;
  const parsed = parseTime(text);
  return parsed.kind === 'invalid' ? 'invalid' : toAbsoluteMs(parsed, nowMs);
}
