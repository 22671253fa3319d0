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
import { type Core, mayHaveLeft } from './core.ts';
import { parseId } from './ids.ts';
import { MessagePhase, tailOf } from './layout.ts';
import { addEvent, EventKind } from './letters.ts';
import { groupSummary, isMulti, multiId, openMessages, type Summary, summaryOf } from './multi.ts';
import type { MessageStore } from './store.ts';
import { TraceReason } from './views.ts';

export function querySm(core: Core, peer: SmppPeer<number>, account: Account, pdu: QuerySm): void {
  const refuse = (): void => void peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RINVMSGID);
  const answer = (found: Summary): void => {
    peer.respond(pdu.sequence, {
      command: 'query_sm_resp',
      commandId: CommandId.query_sm_resp,
      status: 0,
      sequence: pdu.sequence,
      messageId: pdu.messageId,
      finalDate: found.doneAt === 0 ? '' : (formatAbsolute(found.doneAt) ?? ''),
      messageState: peer.version >= 0x50 ? (found.state as MessageState) : stateFor34(found.state as MessageState),
      errorCode: 0,
      tlvs: NO_TLVS,
    });
  };
  // Of a submit_multi any one will do: it says what they have in common.
  const handle = openMessages(core, account, pdu.messageId)[0] ?? -1;
  const open = handle < 0 ? null : summaryOf(core.store, handle);
  const id = open === null ? parseId(pdu.messageId) : multiId(core, handle, pdu.messageId);
  if (open !== null && id === null) {
    if (sourceFits(open.source, pdu.sourceAddr)) answer(open);
    else refuse();
    return;
  }
  if (id === null) {
    refuse();
    return;
  }
  const found = open === null ? core.history.read(id, summaryOf) : Promise.resolve({ ...open, multiFirst: true });
  found
    .then((one) => {
      if (one === null || one.account !== account.number || !sourceFits(one.source, pdu.sourceAddr)) return null;
      return one.multiFirst ? groupSummary(core, account, id, one.source) : one;
    })
    .then(
      (one) => (one === null ? refuse() : answer(one)),
      (error: unknown) => {
        core.world.log.error('history look-up failed', { error: String(error) });
        peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RQUERYFAIL);
      },
    );
}

export function cancelSm(core: Core, peer: SmppPeer<number>, account: Account, pdu: CancelSm): void {
  const { store } = core;
  if (pdu.messageId !== '') {
    const named = openMessages(core, account, pdu.messageId).filter((one) =>
      sourceFits(store.source(one), pdu.sourceAddr),
    );
    if (named.length === 0) {
      peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RINVMSGID);
      return;
    }
    // Of a submit_multi: all, or the one whose destination is named.
    const several = named.length > 1 || isMulti(core, named[0] as number);
    let some = false;
    for (const one of named) {
      if (several && pdu.destinationAddr !== '' && !destinationFits(core, one, pdu.destinationAddr)) continue;
      if (cancel(core, one, TraceReason.byCustomer)) some = true;
    }
    finishCancel(core, peer, pdu, some ? 0 : Status.ESME_RCANCELFAIL);
    return;
  }
  // Without an id: everything pending with equal source, destination and, if given, service_type.
  let cancelled = 0;
  const tail = tailOf(pdu.destinationAddr);
  for (let handle = 0; handle < store.span; handle++) {
    if (!mayBePending(store, handle, account, tail)) continue;
    if (store.source(handle) !== pdu.sourceAddr || !destinationFits(core, handle, pdu.destinationAddr)) continue;
    if (pdu.serviceType !== '' && store.serviceType(handle) !== pdu.serviceType) continue;
    if (cancel(core, handle, TraceReason.byCustomer)) cancelled++;
  }
  finishCancel(core, peer, pdu, cancelled > 0 ? 0 : Status.ESME_RCANCELFAIL);
}

/** A message of this account that has not ended, to a number that ends like this; its letter may be looked at. */
export function mayBePending(store: MessageStore, handle: number, account: Account, tail: number): boolean {
  if (
    store.phase[handle] === MessagePhase.free ||
    store.account[handle] !== account.number ||
    store.terminal[handle] !== 0 ||
    store.tail[handle] !== tail
  )
    return false;
  // Who walks over all messages brings letters back page by page.
  store.slab.trim();
  return true;
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

function destinationFits(core: Core, handle: number, asked: string): boolean {
  const { store } = core;
  return store.destination(handle) === asked.replace(/^\+/, '') || store.written(handle) === asked;
}

/** Sources are compared as the customer may write them, with or without `+`. */
export function sourceFits(source: string, asked: string): boolean {
  return source === asked || `+${source}` === asked;
}
