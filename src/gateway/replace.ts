// replace_sm and replace_if_present_flag: a new text for a message that has not left, under the same id.
import { CUSTOMER_VALIDITY_MAX_MS, SCHEDULE_GRACE_MS, SCHEDULE_MAX_MS } from '../base/limits.ts';
import type { SmppPeer } from '../driver/types.ts';
import { checkContent } from '../egress/policy.ts';
import { type ReplaceSm, tlv } from '../smpp/pdu.ts';
import { Status } from '../smpp/status.table.ts';
import { parseTime, toAbsoluteMs } from '../smpp/time.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import { type AcceptFacts, journalMessage } from './accept.ts';
import type { Account } from './accounts.ts';
import { REPLACE_DONE } from './answers.ts';
import { type PlannedBody, planBody, textStart } from './bodies.ts';
import { type Core, mayHaveLeft } from './core.ts';
import { Letter, MessageFlag, MessagePhase, tailOf } from './layout.ts';
import { addEvent, EventKind, replaceBody } from './letters.ts';
import { openMessages } from './multi.ts';
import { mayBePending, sourceFits } from './operations.ts';
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
  const { config } = account;
  const letter = store.offset[handle] as number;
  const dataCoding = store.buffer(handle)[letter + Letter.dataCoding] as number;
  // The PDU has no data_coding: the original one stays (§1.17).
  const text = tlv(pdu, Tag.messagePayload) ?? pdu.shortMessage;
  const planned = planBody(0, dataCoding, text, config.defaultAlphabet, config.languages);
  const times = timesOf(pdu, config.lenientTimes, nowMs);
  if (typeof times === 'number') {
    peer.respondStatus(pdu.sequence, pdu.commandId, times);
    return;
  }
  let replaced = false;
  if (typeof planned !== 'string' && isVisible(planned)) {
    for (const one of named)
      if (
        replaceOpen(core, one, { ...planned, ...times, registered: pdu.registeredDelivery, userReference: -1 }, nowMs)
      )
        replaced = true;
  }
  if (replaced) core.log.after(core.answers.ready, core.answers.put(peer, pdu.sequence, REPLACE_DONE));
  else peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RREPLACEFAIL);
}

/** What takes the place of a message's text and times. */
interface Replacement extends PlannedBody, NewTimes {
  readonly registered: number;
  /** user_message_reference of the submit that replaces; -1: the message keeps its own. */
  readonly userReference: number;
}

/** Milliseconds since the epoch; null: as it is. A schedule of 0 is at once. */
interface NewTimes {
  readonly schedule: number | null;
  readonly validity: number | null;
}

/**
 * A new text for a message that has not left, with the same id, journalled as a whole. Not more segments than were held:
 * the price stays (design §5.5). False: it stays as it was.
 */
function replaceOpen(core: Core, handle: number, by: Replacement, nowMs: number): boolean {
  const { store, ledger, log } = core;
  const { segments } = by;
  const phase = store.phase[handle];
  if (
    store.terminal[handle] !== 0 ||
    (phase !== MessagePhase.waiting && phase !== MessagePhase.queued) ||
    mayHaveLeft(core, handle) ||
    segments > (store.segments[handle] as number)
  )
    return false;
  const begins = Math.max(nowMs, by.schedule ?? (store.dueAt[handle] as number));
  const validUntil = Math.min(by.validity ?? (store.validUntil[handle] as number), begins + CUSTOMER_VALIDITY_MAX_MS);
  // Acknowledged, it would expire before it may leave.
  if (validUntil <= begins) return false;
  const queued = core.dispatch.withdraw(handle);
  const before = store.segments[handle] as number;
  const home = store.homeSeq[handle] as number;
  if (!replaceBody(store, handle, Buffer.from(by.octets), segments)) {
    // No memory for a second letter: it waits as before, with the text it has.
    if (queued) core.dispatch.enqueue(handle, nowMs);
    return false;
  }
  const price = store.pricePerSegment[handle] as number;
  if (segments < before) ledger.void(store.account[handle] as number, (before - segments) * price);
  if (by.schedule !== null) store.dueAt[handle] = by.schedule;
  store.validUntil[handle] = validUntil;
  store.deadline[handle] = validUntil + core.accounts.get(store.account[handle] as number).config.graceMs;
  const buffer = store.buffer(handle);
  const letter = store.offset[handle] as number;
  buffer[letter + Letter.registeredDelivery] = by.registered;
  buffer[letter + Letter.dataCoding] = by.dataCoding;
  if (by.userReference >= 0) {
    buffer[letter + Letter.hasUserReference] = 1;
    buffer.writeUInt16BE(by.userReference, letter + Letter.userReference);
  }
  const flags = (store.flags[handle] as number) & ~MessageFlag.udhi;
  store.flags[handle] = by.udhi ? flags | MessageFlag.udhi : flags;
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
      !mayBePending(store, handle, account, tail) ||
      store.source(handle) !== facts.source ||
      store.destination(handle) !== facts.destination ||
      store.serviceType(handle) !== facts.serviceType
    )
      continue;
    const replacement = {
      dataCoding: facts.dataCoding,
      octets: facts.body,
      udhi: (facts.flags & MessageFlag.udhi) !== 0,
      segments: facts.segments,
      schedule: facts.scheduleAt === 0 ? null : facts.scheduleAt,
      validity: facts.validUntil,
      registered: facts.registeredDelivery,
      userReference: facts.userReference,
    };
    if (!replaceOpen(core, handle, replacement, nowMs)) continue;
    return handle;
  }
  return -1;
}

/** The times that a replace_sm names, or the status that says which is wrong. */
function timesOf(pdu: ReplaceSm, lenient: boolean, nowMs: number): NewTimes | number {
  const schedule = timeOf(pdu.scheduleDeliveryTime, lenient, nowMs);
  if (schedule === 'invalid' || (schedule !== null && schedule < nowMs - SCHEDULE_GRACE_MS))
    return Status.ESME_RINVSCHED;
  const validity = timeOf(pdu.validityPeriod, lenient, nowMs);
  if (validity === 'invalid' || (validity !== null && validity <= Math.max(nowMs, schedule ?? 0)))
    return Status.ESME_RINVEXPIRY;
  return { schedule: schedule === null ? null : Math.min(schedule, nowMs + SCHEDULE_MAX_MS), validity };
}

function timeOf(text: string, lenient: boolean, nowMs: number): number | null | 'invalid' {
  if (text === '') return null;
  const parsed = parseTime(text, { lenient });
  return parsed.kind === 'invalid' ? 'invalid' : toAbsoluteMs(parsed, nowMs);
}

/** The guard lets no message out that shows nothing: it must not be acknowledged either. */
function isVisible(planned: PlannedBody): boolean {
  const { octets, dataCoding } = planned;
  return checkContent(octets, textStart(planned), octets.length, dataCoding, { defaultAlphabet: 'gsm' }).allowed;
}
