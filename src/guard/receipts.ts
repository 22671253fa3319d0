// Receipts from suppliers: read in the link's dialect, matched to the segment they are for, taken durably before they are
// answered, once each, and handed up after their order's response. Those that come before the answer with their id are
// parked (R25); what has left memory is found on disk.
import type { SmppPeer } from '../driver/types.ts';
import { CommandId } from '../smpp/commands.ts';
import type { DataSm, DeliverSm } from '../smpp/pdu.ts';
import { Status } from '../smpp/status.table.ts';
import { indexKey } from '../sms/messageId.ts';
import { isFinalState, messageState } from '../sms/messageState.ts';
import type { Core } from './core.ts';
import { errorText, isIntermediate, isReceipt, readReceipt } from './dialect.ts';
import { Late } from './late.ts';
import { SegmentFlag } from './letterLayout.ts';
import type { Link } from './links.ts';
import { bestHit } from './match.ts';
import type { OnDisk } from './onDisk.ts';
import { type Early, Parking } from './parking.ts';
import { writeDlr, writeParked, writeUpAck } from './receiptRecords.ts';
import { RecordType } from './records.ts';
import { type Hit, SentFlag } from './sentStore.ts';

const NOTHING = -1;

/** What a receipt says, in our words. */
export interface Read {
  readonly at: number;
  readonly remoteId: string;
  /** The recipient's number as the supplier wrote it. */
  readonly destination: string;
  readonly state: number;
  readonly rawError: string;
}

export class Receipts {
  readonly keyOf = indexKey;
  readonly #core: Core;
  readonly #onDisk: OnDisk;
  readonly parking: Parking;
  readonly #hit: Hit = { handle: -1, segment: 0 };
  // Answers that wait for a commit: slots in parallel arrays.
  readonly #peers: (SmppPeer<number> | null)[] = [];
  readonly #sequences: number[] = [];
  readonly #commands: number[] = [];
  readonly #tokens: number[] = [];
  readonly #free: number[] = [];
  readonly late: Late;

  constructor(core: Core, onDisk: OnDisk) {
    this.#core = core;
    this.#onDisk = onDisk;
    this.parking = new Parking(core);
    this.late = new Late(core, onDisk, this);
  }

  get parked(): number {
    return this.parking.size;
  }

  /** A deliver_sm or data_sm of a supplier. Answers it now or later, once. */
  take(link: Link, peer: SmppPeer<number>, pdu: DeliverSm | DataSm): void {
    const core = this.#core;
    if (core.closedReason !== null || !core.log.accepting) {
      peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RX_T_APPN);
      return;
    }
    if (!isReceipt(link.config.dialect, pdu)) {
      core.upstreams.mo.take(link, peer, pdu);
      return;
    }
    core.counters.receipts_in++;
    const nowMs = core.world.loop.now();
    const receipt = readReceipt(link.dialect, pdu, nowMs);
    if (receipt.contradictions.length > 0) core.counters.receipt_contradictions++;
    const { id, state } = receipt;
    if (
      id !== undefined &&
      (state === undefined || isIntermediate(pdu) || !isFinalState(state, link.config.dialect.acceptedIsFinal))
    ) {
      // Says nothing that anybody waits for.
      core.counters.receipts_not_final++;
      respond(peer, pdu.sequence, pdu.commandId);
      return;
    }
    const read: Read = {
      at: nowMs,
      remoteId: (id ?? '').slice(0, 255),
      destination: pdu.sourceAddr,
      state: state ?? messageState.unknown,
      rawError: errorText(link.config.dialect, receipt),
    };
    if (id === undefined) {
      core.counters.receipts_orphaned++;
      const w = core.log.begin(RecordType.orphan);
      writeParked(w, { ...read, link: link.name });
      core.log.end();
      this.#answerLater(peer, pdu.sequence, pdu.commandId, NOTHING);
      return;
    }
    if (bestHit(core, link, read, this.#hit)) {
      this.#answerLater(
        peer,
        pdu.sequence,
        pdu.commandId,
        this.#apply(link, this.#hit.handle, this.#hit.segment, read),
      );
      return;
    }
    const { sequence, commandId } = pdu;
    if (!this.#onDisk.holds) this.#park(link, peer, sequence, commandId, read);
    else {
      this.#onDisk.recallId(link, read, (complete) => {
        if (bestHit(core, link, read, this.#hit)) {
          core.counters.receipts_found_on_disk++;
          this.#answerLater(peer, sequence, commandId, this.#apply(link, this.#hit.handle, this.#hit.segment, read));
        } else if (!complete) peer.respondStatus(sequence, commandId, Status.ESME_RX_T_APPN);
        else this.#park(link, peer, sequence, commandId, read);
      });
    }
  }

  /** Takes a segment's final state; the first one stays. Returns the token of the receipt to go up, or NOTHING. */
  #apply(link: Link, handle: number, segment: number, read: Read): number {
    const { sent, counters } = this.#core;
    link.matched++;
    const known = sent.state(handle, segment);
    if (known !== 0) {
      if (known === read.state) counters.receipts_duplicate++;
      else counters.receipts_conflict++;
      return NOTHING;
    }
    counters.receipts_matched++;
    return this.#settle(handle, segment, read.state, read.at, read.rawError);
  }

  /** Writes the first final state of a segment. */
  #settle(handle: number, segment: number, state: number, at: number, rawError: string): number {
    const { sent, log, ids } = this.#core;
    const eventNumber = ids.next();
    const w = log.begin(RecordType.dlr);
    writeDlr(w, { op: sent.op(handle), segment: segment + 1, at, state, eventNumber, rawError });
    log.end();
    sent.setState(handle, segment, state, eventNumber, at, rawError);
    sent.pin(handle, 1);
    this.#onDisk.changed(handle);
    return handle * 256 + segment;
  }

  #park(link: Link, peer: SmppPeer<number>, sequence: number, commandId: number, read: Read): void {
    switch (this.parking.add(link, read)) {
      case 'parked':
        this.#core.counters.receipts_parked++;
        break;
      case 'known':
        this.#core.counters.receipts_duplicate++;
        break;
      case 'full':
        peer.respondStatus(sequence, commandId, Status.ESME_RX_T_APPN);
        return;
    }
    this.#answerLater(peer, sequence, commandId, NOTHING);
  }

  /** A supplier's id has become known: parked receipts may be for it. */
  identified(link: Link, remoteId: string): void {
    if (this.parking.size === 0) return;
    this.parking.take(link, remoteId, this.#unpark);
  }

  readonly #unpark = (link: Link, early: Early): boolean => {
    if (!bestHit(this.#core, link, early, this.#hit)) return false;
    const token = this.#apply(link, this.#hit.handle, this.#hit.segment, early);
    // The supplier has its answer: it was parked durably.
    if (token !== NOTHING) this.#core.log.after(this.#upDurable, token);
    return true;
  };

  /** After recovery: parked receipts whose order is known. */
  resume(): void {
    this.parking.takeAll(this.#unpark);
  }

  /** Restores a receipt that was parked when the last run ended. */
  restoreParked(link: Link, read: Read, home: number): void {
    this.parking.restore(link, read, home);
  }

  #answerLater(peer: SmppPeer<number>, sequence: number, commandId: number, token: number): void {
    const slot = this.#free.pop() ?? this.#peers.length;
    this.#peers[slot] = peer;
    this.#sequences[slot] = sequence;
    this.#commands[slot] = commandId;
    this.#tokens[slot] = token;
    this.#core.log.after(this.#durable, slot);
  }

  readonly #durable = (slot: number): void => {
    const peer = this.#peers[slot] as SmppPeer<number>;
    const token = this.#tokens[slot] as number;
    this.#peers[slot] = null;
    this.#free.push(slot);
    respond(peer, this.#sequences[slot] as number, this.#commands[slot] as number);
    if (token !== NOTHING) this.#upDurable(token);
  };

  readonly #upDurable = (token: number): void => {
    const handle = Math.floor(token / 256);
    this.#core.sent.setSegmentFlag(handle, token % 256, SegmentFlag.durable);
    // Before the order's response the receipt waits; answers.ts hands it up then.
    if (this.#core.sent.flag(handle, SentFlag.answered)) this.up(handle, token % 256);
  };

  /** A final state that no supplier told: what did not leave. */
  settleOurselves(handle: number, segment: number, state: number, rawError: string): void {
    const token = this.#settle(handle, segment, state, this.#core.world.loop.now(), rawError);
    this.#core.log.after(this.#upDurable, token);
  }

  /** For CommitLog.after: the record of this final state (handle · 256 + segment) is durable. */
  get upWhenDurable(): (token: number) => void {
    return this.#upDurable;
  }

  /** Hands a segment's final state up. */
  up(handle: number, segment: number): void {
    this.#core.upstreams.receipt(handle, segment);
  }

  /** The upstream has taken the receipt, or wants none. */
  acknowledged(handle: number, segment: number): void {
    const { sent } = this.#core;
    if (sent.segmentFlag(handle, segment, SegmentFlag.upAcked)) return;
    sent.setSegmentFlag(handle, segment, SegmentFlag.upAcked);
    sent.pin(handle, -1);
  }

  /** The upstream's answer to a receipt is journalled, so that a restart does not repeat it. */
  taken(handle: number, segment: number): void {
    const { sent, log } = this.#core;
    if (sent.segmentFlag(handle, segment, SegmentFlag.upAcked)) return;
    const w = log.begin(RecordType.upAck);
    writeUpAck(w, sent.op(handle), segment + 1, sent.eventNumber(handle, segment));
    log.end();
    this.acknowledged(handle, segment);
    this.#onDisk.changed(handle);
  }

  /** About once a second. */
  tick(): void {
    this.late.tick();
    this.parking.expire();
  }

  /** True: something may be found on disk only. */
  spillHolds(): boolean {
    return this.#onDisk.holds;
  }

  recallOp(op: string, done: (handle: number) => void): void {
    this.#onDisk.recallOp(op, done);
  }
}

function respond(peer: SmppPeer<number>, sequence: number, commandId: number): void {
  peer.respond(
    sequence,
    commandId === CommandId.data_sm
      ? { command: 'data_sm_resp', commandId: CommandId.data_sm_resp, status: 0, sequence: 0, messageId: '', tlvs: [] }
      : {
          command: 'deliver_sm_resp',
          commandId: CommandId.deliver_sm_resp,
          status: 0,
          sequence: 0,
          messageId: '',
          tlvs: [],
        },
  );
}
