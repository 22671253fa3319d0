// What SMPP customers ask about or do to messages they submitted: query_sm, cancel_sm, replace_sm, and the two other ways to
// submit, data_sm and submit_multi (reference §1.17). An id and its source address must both fit; unknown and foreign ids
// get the same answer.
import type { SmppPeer } from '../driver/types.ts';
import { CommandId } from '../smpp/commands.ts';
import {
  type CancelSm,
  type DataSm,
  NO_TLVS,
  type QuerySm,
  type ReplaceSm,
  type SubmitMulti,
  submitSm,
  tlv,
  type UnsuccessSme,
} from '../smpp/pdu.ts';
import { Status } from '../smpp/status.table.ts';
import { formatAbsolute, parseTime, toAbsoluteMs } from '../smpp/time.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import { type MessageState, stateFor34 } from '../sms/messageState.ts';
import { type AcceptFacts, admitted, journalMessage } from './accept.ts';
import type { Account } from './accounts.ts';
import { State } from './aggregate.ts';
import { CANCEL_DONE, REPLACE_DONE } from './answers.ts';
import { planBody } from './bodies.ts';
import { type Core, customerId, mayHaveLeft, messageById, multiReference } from './core.ts';
import { TraceReason } from './history.ts';
import { parseId } from './ids.ts';
import { addEvent, EventKind, replaceBody } from './letters.ts';
import { RecordType } from './records.ts';
import type { MessageStateName } from './service.ts';
import { Letter, MessagePhase } from './store.ts';
import type { Submits } from './submit.ts';

const STATES: Readonly<Record<MessageStateName, MessageState>> = {
  accepted: 1,
  scheduled: 0,
  queued: 1,
  sent: 1,
  delivered: 2,
  expired: 3,
  deleted: 4,
  undeliverable: 5,
  unknown: 7,
  rejected: 8,
};

/** The open message that `text` names for this account, or -1. */
export function openMessage(core: Core, account: Account, text: string): number {
  const id = parseId(text);
  const handle =
    id !== null
      ? messageById(core, id)
      : /^[0-9a-fA-F]{8}$/.test(text)
        ? (core.byShortId.get(Number.parseInt(text, 16)) ?? -1)
        : -1;
  return handle >= 0 && core.store.account[handle] === account.number ? handle : -1;
}

export function querySm(core: Core, peer: SmppPeer<number>, account: Account, pdu: QuerySm): void {
  const { store } = core;
  const answer = (state: MessageState, doneMs: number): void => {
    peer.respond(pdu.sequence, {
      command: 'query_sm_resp',
      commandId: CommandId.query_sm_resp,
      status: 0,
      sequence: pdu.sequence,
      messageId: pdu.messageId,
      finalDate: doneMs === 0 ? '' : (formatAbsolute(doneMs) ?? ''),
      messageState: peer.version >= 0x50 ? state : stateFor34(state),
      errorCode: 0,
      tlvs: NO_TLVS,
    });
  };
  const handle = openMessage(core, account, pdu.messageId);
  if (handle >= 0) {
    if (!sourceFits(store.source(handle), pdu.sourceAddr)) {
      peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RINVMSGID);
      return;
    }
    const terminal = store.terminal[handle] as number;
    const scheduled = store.phase[handle] === MessagePhase.waiting && store.attempts[handle] === 0;
    answer(
      terminal !== 0 ? (terminal as MessageState) : scheduled ? 0 : 1,
      terminal !== 0 ? (store.doneAt[handle] as number) : 0,
    );
    return;
  }
  const id = parseId(pdu.messageId);
  if (id === null) {
    peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RINVMSGID);
    return;
  }
  core.history.view(id).then(
    (view) => {
      if (view === null || view.account !== account.name || !sourceFits(view.from, pdu.sourceAddr))
        peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RINVMSGID);
      else answer(STATES[view.state], view.doneAt ?? 0);
    },
    (error: unknown) => {
      core.world.log.error('history look-up failed', { error: String(error) });
      peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RQUERYFAIL);
    },
  );
}

export function cancelSm(core: Core, peer: SmppPeer<number>, account: Account, pdu: CancelSm): void {
  const { store } = core;
  if (pdu.messageId !== '') {
    const handle = openMessage(core, account, pdu.messageId);
    if (handle < 0 || !sourceFits(store.source(handle), pdu.sourceAddr)) {
      peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RINVMSGID);
      return;
    }
    finishCancel(core, peer, pdu, cancel(core, handle, TraceReason.byCustomer) ? 0 : Status.ESME_RCANCELFAIL);
    return;
  }
  // Without an id: everything pending with equal source, destination and, if given, service_type.
  let cancelled = 0;
  const destination = pdu.destinationAddr.replace(/^\+/, '');
  for (let handle = 0; handle < store.span; handle++) {
    if (
      store.phase[handle] === MessagePhase.free ||
      store.account[handle] !== account.number ||
      store.terminal[handle] !== 0
    )
      continue;
    if (
      store.source(handle) !== pdu.sourceAddr ||
      (store.destination(handle) !== destination && store.written(handle) !== pdu.destinationAddr)
    )
      continue;
    if (pdu.serviceType !== '' && store.serviceType(handle) !== pdu.serviceType) continue;
    if (cancel(core, handle, TraceReason.byCustomer)) cancelled++;
  }
  finishCancel(core, peer, pdu, cancelled > 0 ? 0 : Status.ESME_RCANCELFAIL);
}

function finishCancel(core: Core, peer: SmppPeer<number>, pdu: CancelSm, status: number): void {
  if (status === 0) core.log.after(core.answers.ready, core.answers.put(peer, pdu.sequence, CANCEL_DONE));
  else peer.respondStatus(pdu.sequence, pdu.commandId, status);
}

/** Ends a message that has not left: DELETED. False: it is with the guard, has left, or has ended. */
export function cancel(core: Core, handle: number, reason: number): boolean {
  const { store } = core;
  const phase = store.phase[handle];
  if (store.terminal[handle] !== 0) return false;
  if (phase !== MessagePhase.waiting && phase !== MessagePhase.queued && phase !== MessagePhase.joining) return false;
  // An order without an answer may have left.
  if (mayHaveLeft(core, handle)) return false;
  if (phase === MessagePhase.joining) core.parts.forget(handle);
  const nowMs = core.world.loop.now();
  addEvent(store, handle, EventKind.cancelled, 255, reason, 0, nowMs, 0);
  core.ending.end(handle, State.deleted, nowMs, 0, reason);
  return true;
}

export function replaceSm(core: Core, peer: SmppPeer<number>, account: Account, pdu: ReplaceSm): void {
  const { store } = core;
  const handle = openMessage(core, account, pdu.messageId);
  if (handle < 0 || !sourceFits(store.source(handle), pdu.sourceAddr)) {
    peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RINVMSGID);
    return;
  }
  const nowMs = core.world.loop.now();
  const letter = store.offset[handle] as number;
  const dataCoding = store.buffer(handle)[letter + Letter.dataCoding] as number;
  // The PDU has no data_coding: the original one stays (§1.17).
  const planned = planBody(0, dataCoding, tlv(pdu, Tag.messagePayload) ?? pdu.shortMessage, 'gsm7');
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
  const replaced =
    typeof planned !== 'string' &&
    planned.segments <= (store.segments[handle] as number) &&
    replaceOpen(core, handle, planned.octets, planned.segments, schedule, validity, pdu.registeredDelivery, nowMs);
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
  core.dispatch.withdraw(handle);
  const before = store.segments[handle] as number;
  const home = store.homeSeq[handle] as number;
  if (!replaceBody(store, handle, Buffer.from(body), segments)) return false;
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
  for (let handle = store.span - 1; handle >= 0; handle--) {
    if (
      store.phase[handle] === MessagePhase.free ||
      store.account[handle] !== account.number ||
      store.terminal[handle] !== 0
    )
      continue;
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

export function dataSm(submits: Submits, peer: SmppPeer<number>, account: Account, pdu: DataSm): void {
  if (tlv(pdu, Tag.messagePayload) === undefined) {
    peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RMISSINGTLV);
    return;
  }
  // The answer is a data_sm_resp, else it is a submit like any other.
  submits.dataSm(peer, account, submitSm({ ...pdu }), pdu.sequence);
}

export function submitMulti(
  core: Core,
  submits: Submits,
  peer: SmppPeer<number>,
  account: Account,
  pdu: SubmitMulti,
): void {
  const unsuccessful: UnsuccessSme[] = [];
  const taken: number[] = [];
  let reference = '';
  if (pdu.destinations.length === 0) {
    peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RINVNUMDESTS);
    return;
  }
  if (pdu.replaceIfPresentFlag !== 0) {
    peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RINVSUBREP);
    return;
  }
  for (const destination of pdu.destinations) {
    if (destination.destFlag === 2) {
      unsuccessful.push({
        destAddrTon: 0,
        destAddrNpi: 0,
        destinationAddr: destination.dlName.slice(0, 20),
        errorStatusCode: Status.ESME_RCNTSUBDL,
      });
      continue;
    }
    const { destAddrTon, destAddrNpi, destinationAddr } = destination;
    const result = submits.take(
      account,
      submitSm({ ...pdu, destAddrTon, destAddrNpi, destinationAddr }),
      peer.version,
      reference,
    );
    if (typeof result === 'number') {
      // One id for all (§1.17): that of the first; receipts tell the destinations apart.
      if (taken.length === 0) reference = multiReference(core, result);
      taken.push(result);
    } else unsuccessful.push({ destAddrTon, destAddrNpi, destinationAddr, errorStatusCode: result.status });
  }
  const { store } = core;
  const first = taken[0];
  const messageId = first === undefined ? '' : customerId(core, first);
  core.afterCommit(() => {
    const status = taken.length > 0 ? 0 : Status.ESME_RSUBMITFAIL;
    peer.respond(pdu.sequence, {
      command: 'submit_multi_resp',
      commandId: CommandId.submit_multi_resp,
      status,
      sequence: pdu.sequence,
      messageId,
      unsuccessSmes: unsuccessful,
      tlvs: NO_TLVS,
    });
    for (const handle of taken) {
      if (store.phase[handle] === MessagePhase.joining) core.parts.durable(handle);
      else admitted(core, handle, core.world.loop.now());
    }
  });
}

function sourceFits(source: string, asked: string): boolean {
  return source === asked || `+${source}` === asked;
}

function time(text: string, nowMs: number): number | null | 'invalid' {
  if (text === '') return null;
  const parsed = parseTime(text);
  return parsed.kind === 'invalid' ? 'invalid' : toAbsoluteMs(parsed, nowMs);
}
