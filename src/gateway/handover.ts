// Receipts to customers: kept until taken (days, restarts), over any receiving bind of the account or by webhook, oldest
// first, in order per message, the terminal one always with the same octets (design §5.4, R27).

import type { Draft } from '../base/draft.ts';
import { RECEIPT_OFFERED_MS } from '../base/limits.ts';
import { ScratchOctets } from '../base/scratchOctets.ts';
import type { SmppPeer } from '../driver/types.ts';
import { type DeliverSm, deliverSm, type Tlv } from '../smpp/pdu.ts';
import { Status } from '../smpp/status.table.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import { blankTlv, copyOctets } from '../smpp/tlvValues.ts';
import type { MessageState } from '../sms/messageState.ts';
import { ReceiptWriter } from '../sms/receipt.ts';
import type { Account } from './accounts.ts';
import { State } from './aggregate.ts';
import { accountOf, type Core, customerId } from './core.ts';
import { handleOf, tokenOf } from './dispatch.ts';
import { Letter, MessageFlag } from './layout.ts';
import { addEvent, EventKind, segmentState } from './letters.ts';
import { RecordType } from './records.ts';

/** A customer that answers "try later" is asked again after this, doubling. */
const BACK_OFF_MIN_MS = 1000;
const BACK_OFF_MAX_MS = 60_000;
/** Longest source_addr of a deliver_sm (SMPP 3.4 §4.6.1), in characters: a data_sm may write its destination longer (§4.7.1). */
const SOURCE_ADDR_MAX = 20;
/** Last bit of a token: the answer is to an intermediate receipt, not to the terminal one. */
const INTERMEDIATE = 1;

export class Handover {
  readonly #core: Core;
  readonly #pdu: Draft<DeliverSm> = deliverSm({});
  readonly #texts = new ReceiptWriter();
  readonly #id = new ScratchOctets('');
  readonly #reference = blankTlv(Tag.userMessageReference, 2);
  readonly #stateTlvs: Tlv[];
  /** Takes receipts of accounts with a webhook; set by webhooks.ts. */
  toWebhook: ((account: Account, handle: number) => void) | null = null;

  constructor(core: Core) {
    this.#core = core;
    this.#stateTlvs = Array.from({ length: 10 }, (_, state) => ({
      tag: Tag.messageState,
      value: Buffer.from([state]),
    }));
  }

  /** The terminal receipt of a message is durable and may go. */
  push(handle: number): void {
    const { store } = this.#core;
    const account = accountOf(this.#core, handle);
    if (account.config.webhook !== null && ((store.flags[handle] as number) & MessageFlag.http) !== 0) {
      this.toWebhook?.(account, handle);
      return;
    }
    this.#append(account, handle);
    this.pump(account);
  }

  /** The message has left and its sender asked to hear of it (registered_delivery 0x10). */
  pushIntermediate(handle: number): void {
    const account = accountOf(this.#core, handle);
    this.#append(account, handle);
    this.pump(account);
  }

  /** Stands in the queue of its account, for its intermediate receipt; who ends without another is closed when its turn comes. */
  holds(handle: number): boolean {
    return ((this.#core.store.flags[handle] as number) & MessageFlag.handing) !== 0;
  }

  /** Hands over what the account's receiving binds can take. */
  pump(account: Account): void {
    const { store, world } = this.#core;
    while (account.handHead >= 0 && account.receivers.length > 0) {
      if (account.handNotBefore > world.loop.monotonic()) return;
      const peer = this.#receiver(account);
      if (peer === null) return;
      const handle = account.handHead;
      account.handHead = store.next[handle] as number;
      if (account.handHead < 0) account.handTail = -1;
      account.waitingReceipts--;
      store.next[handle] = -1;
      store.flags[handle] = (store.flags[handle] as number) & ~MessageFlag.handing;
      const terminal = store.terminal[handle] as number;
      if (terminal === 0 && ((store.flags[handle] as number) & MessageFlag.intermediateHanded) !== 0) continue;
      // It ended while it waited here for its intermediate receipt; the terminal one comes when the end is durable.
      if (terminal !== 0 && this.#core.ending.undurable.has(handle)) continue;
      if (terminal !== 0 && !this.#wanted(handle)) {
        this.#core.ending.close(handle);
        continue;
      }
      const sent = peer.send(
        this.#receipt(peer, handle, terminal === 0 ? State.enroute : terminal),
        tokenOf(this.#core, handle) * 2 + (terminal === 0 ? INTERMEDIATE : 0),
      );
      if (sent === null) {
        this.#prepend(account, handle);
        return;
      }
    }
  }

  /** The customer answered. `token` is the one that was sent with the receipt. */
  answered(token: number, status: number): void {
    const core = this.#core;
    const handle = handleOf(core, Math.floor(token / 2));
    if (handle < 0) return;
    const account = accountOf(core, handle);
    const final = status === Status.ESME_RX_P_APPN || status === Status.ESME_RX_R_APPN;
    if (status !== 0 && !final) {
      account.handBackOffMs = Math.min(BACK_OFF_MAX_MS, Math.max(BACK_OFF_MIN_MS, account.handBackOffMs * 2));
      account.handNotBefore = core.world.loop.monotonic() + account.handBackOffMs;
      core.world.loop.wakeAt(account.handNotBefore, () => {
        this.pump(account);
        // They wait for the same time.
        core.mo.pump(account);
      });
      core.counters.receipts_failed++;
      this.unanswered(token);
      return;
    }
    account.handBackOffMs = 0;
    if (token % 2 === INTERMEDIATE) this.#intermediateTaken(handle);
    else this.taken(handle);
  }

  /** No answer came, or "later": the receipt is the oldest again; a terminal one may be taken twice, never lost. */
  unanswered(token: number): void {
    const handle = handleOf(this.#core, Math.floor(token / 2));
    if (handle < 0) return;
    const { store } = this.#core;
    // The terminal receipt goes its own way: a second one in the queue would still stand there when the first is taken.
    if (token % 2 === INTERMEDIATE && store.terminal[handle] !== 0) return;
    const account = accountOf(this.#core, handle);
    if (!this.holds(handle)) this.#prepend(account, handle);
    this.pump(account);
  }

  /** The terminal receipt was taken: nothing is kept but the history. */
  taken(handle: number): void {
    const core = this.#core;
    const { store, log } = core;
    const nowMs = core.world.loop.now();
    const w = log.begin(RecordType.handed);
    const at = (store.offset[handle] as number) + Letter.id;
    w.bytes(store.buffer(handle), at, at + 16);
    log.end();
    addEvent(store, handle, EventKind.handed, 255, 0, 0, nowMs, 0);
    core.counters.receipts_handed++;
    core.ending.close(handle);
  }

  /** Receipts that nobody took for a week end in the history. A portion per call; true when there may be more. */
  expire(account: Account, nowMs: number): void {
    const { store } = this.#core;
    for (let left = 1000; left > 0 && account.handHead >= 0; left--) {
      const handle = account.handHead;
      if (store.terminal[handle] === 0 || (store.doneAt[handle] as number) + RECEIPT_OFFERED_MS > nowMs) return;
      account.handHead = store.next[handle] as number;
      if (account.handHead < 0) account.handTail = -1;
      account.waitingReceipts--;
      store.next[handle] = -1;
      if (this.#wanted(handle)) this.taken(handle);
      else this.#core.ending.close(handle);
    }
  }

  /** Of a message that has ended: only those that asked for an intermediate receipt can stand here without wanting this one. */
  #wanted(handle: number): boolean {
    const { store, ending } = this.#core;
    return ((store.flags[handle] as number) & MessageFlag.intermediateWanted) === 0 || ending.wantsReceipt(handle);
  }

  #receiver(account: Account): SmppPeer<number> | null {
    const { receivers } = account;
    for (let tries = 0; tries < receivers.length; tries++) {
      account.nextReceiver = (account.nextReceiver + 1) % receivers.length;
      const peer = receivers[account.nextReceiver] as SmppPeer<number>;
      if (peer.room > 0) return peer;
    }
    return null;
  }

  /** Valid until the next one is made. */
  #receipt(peer: SmppPeer<number>, handle: number, state: number): DeliverSm {
    const { store } = this.#core;
    const buffer = store.buffer(handle);
    const at = store.offset[handle] as number;
    const id = customerId(this.#core, handle);
    const segments = store.segments[handle] as number;
    let delivered = 0;
    for (let i = 0; i < segments; i++) if (segmentState(store, handle, i) === State.delivered) delivered++;
    const doneMs =
      store.terminal[handle] === 0 ? (store.acceptedAt[handle] as number) : (store.doneAt[handle] as number);
    const written = store.written(handle);
    const shortMessage = this.#texts.write({
      id,
      sub: segments,
      dlvrd: state === State.delivered ? segments : delivered,
      submitMs: store.acceptedAt[handle] as number,
      doneMs,
      state: state as MessageState,
      err: '000',
    });
    const tlvs: Tlv[] = [];
    if (peer.takesTlvs) {
      tlvs.push(
        { tag: Tag.receiptedMessageId, value: this.#id.restart().latin1(id).u8(0).view() },
        this.#stateTlvs[state] as Tlv,
      );
      if (buffer[at + Letter.hasUserReference] === 1) {
        copyOctets(buffer, at + Letter.userReference, this.#reference.value);
        tlvs.push(this.#reference);
      }
    }
    const pdu = this.#pdu;
    pdu.serviceType = store.serviceType(handle);
    pdu.sourceAddrTon = buffer[at + Letter.destTon] as number;
    pdu.sourceAddrNpi = buffer[at + Letter.destNpi] as number;
    pdu.sourceAddr = written.length <= SOURCE_ADDR_MAX ? written : store.destination(handle);
    pdu.destAddrTon = buffer[at + Letter.sourceTon] as number;
    pdu.destAddrNpi = buffer[at + Letter.sourceNpi] as number;
    pdu.destinationAddr = store.source(handle);
    pdu.esmClass = store.terminal[handle] === 0 ? 0x20 : 0x04;
    pdu.shortMessage = shortMessage;
    pdu.tlvs = tlvs;
    return pdu;
  }

  #intermediateTaken(handle: number): void {
    const { store, log } = this.#core;
    store.flags[handle] = (store.flags[handle] as number) | MessageFlag.intermediateHanded;
    const w = log.begin(RecordType.intermediateHanded);
    const at = (store.offset[handle] as number) + Letter.id;
    w.bytes(store.buffer(handle), at, at + 16);
    log.end();
  }

  #append(account: Account, handle: number): void {
    const { store } = this.#core;
    if (this.holds(handle)) return;
    store.flags[handle] = (store.flags[handle] as number) | MessageFlag.handing;
    store.next[handle] = -1;
    if (account.handTail < 0) account.handHead = handle;
    else store.next[account.handTail] = handle;
    account.handTail = handle;
    account.waitingReceipts++;
  }

  #prepend(account: Account, handle: number): void {
    const { store } = this.#core;
    store.flags[handle] = (store.flags[handle] as number) | MessageFlag.handing;
    store.next[handle] = account.handHead;
    account.handHead = handle;
    if (account.handTail < 0) account.handTail = handle;
    account.waitingReceipts++;
  }
}
