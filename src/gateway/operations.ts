// What SMPP customers ask about or do to messages they submitted: query_sm, cancel_sm, replace_sm, and the two other ways to
// submit, data_sm and submit_multi (reference §1.17). An id and its source address must both fit; unknown and foreign ids
// get the same answer.
import type { SmppPeer } from '../driver/types.ts';
import { CommandId } from '../smpp/commands.ts';
import { type CancelSm, NO_TLVS, type QuerySm } from '../smpp/pdu.ts';
import { Status } from '../smpp/status.table.ts';
import { formatAbsolute } from '../smpp/time.ts';
import { type MessageState, stateFor34 } from '../sms/messageState.ts';
import type { Account } from './accounts.ts';
import { State } from './aggregate.ts';
import { CANCEL_DONE } from './answers.ts';
import { type Core, mayHaveLeft, messageById } from './core.ts';
import { parseId } from './ids.ts';
import { MessagePhase } from './layout.ts';
import { addEvent, EventKind } from './letters.ts';
import type { MessageStateName } from './service.ts';
import { TraceReason } from './views.ts';

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

/** Sources are compared as the customer may write them, with or without `+`. */
export function sourceFits(source: string, asked: string): boolean {
  return source === asked || `+${source}` === asked;
}
