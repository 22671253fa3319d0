// Mobile-originated messages: taken durably, text sealed, handed up to the upstream that the link's configuration names, and
// forgotten when it has taken them. Whole messages are the gateway's business; parts go up as they came.

import { singleOctet } from '../base/bytes.ts';
import { MO_WAITING_MAX } from '../base/limits.ts';
import type { SmppPeer } from '../driver/types.ts';
import { messageIdResp } from '../smpp/make.ts';
import { type DataSm, type DeliverSm, deliverSm, type Tlv, tlv, tlvU8, tlvU16 } from '../smpp/pdu.ts';
import { Status } from '../smpp/status.table.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import { u64 } from '../smpp/tlvValues.ts';
import { HopTag } from '../smpp/vendor.ts';
import type { Core } from './core.ts';
import type { Link } from './links.ts';
import { writeUpAck } from './receiptRecords.ts';
import { putText, RECORD_VERSION, type RecordReader } from './recordReader.ts';
import { RecordType } from './records.ts';

const TYPE_BITS = 0x3c;
/** UDHI and reply path are what a handset may set. */
const MO_BITS = 0xc0;
const ADDRESS_MAX = 20;
const NO_OP = '\0'.repeat(16);

interface MoEvent {
  eventNumber: number;
  link: Link;
  upstream: number;
  at: number;
  pdu: DeliverSm;
  /** Batch of its record and its text. */
  home: number;
}

export class Mo {
  readonly #core: Core;
  readonly #events: (MoEvent | null)[] = [];
  readonly #free: number[] = [];
  /** At recovery: slots by event number. */
  readonly #known = new Map<number, number>();
  /** Whom to answer when the record is durable, by event. */
  readonly #askers: { peer: SmppPeer<number>; sequence: number; data: boolean }[] = [];

  constructor(core: Core) {
    this.#core = core;
  }

  get waiting(): number {
    return this.#events.length - this.#free.length;
  }

  take(link: Link, peer: SmppPeer<number>, pdu: DeliverSm | DataSm): void {
    const { counters, log, ids, upstreams, world } = this.#core;
    counters.mo_in++;
    if ((pdu.esmClass & TYPE_BITS) !== 0) {
      // Acknowledgements of handsets: nobody asked for them.
      peer.respond(pdu.sequence, answer(pdu.command === 'data_sm'));
      return;
    }
    const name = link.config.moUpstream;
    if (name === null || this.waiting >= MO_WAITING_MAX) {
      counters.mo_refused++;
      peer.respondStatus(pdu.sequence, pdu.commandId, name === null ? Status.ESME_RX_R_APPN : Status.ESME_RX_T_APPN);
      return;
    }
    // A data_sm may write addresses longer than the deliver_sm in which they go up (SMPP 3.4 §4.7.1, §4.6.1).
    if (pdu.sourceAddr.length > ADDRESS_MAX || pdu.destinationAddr.length > ADDRESS_MAX) {
      counters.mo_refused++;
      peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RX_R_APPN);
      return;
    }
    const body = tlv(pdu, Tag.messagePayload) ?? (pdu.command === 'deliver_sm' ? pdu.shortMessage : Buffer.alloc(0));
    const event: MoEvent = {
      eventNumber: ids.next(),
      link,
      upstream: upstreams.numberOf(name),
      at: world.loop.now(),
      pdu: deliverSm({
        sourceAddrTon: pdu.sourceAddrTon,
        sourceAddrNpi: pdu.sourceAddrNpi,
        sourceAddr: pdu.sourceAddr,
        destAddrTon: pdu.destAddrTon,
        destAddrNpi: pdu.destAddrNpi,
        destinationAddr: pdu.destinationAddr,
        esmClass: pdu.esmClass & MO_BITS,
        dataCoding: pdu.dataCoding,
        shortMessage: Buffer.from(body),
        tlvs: sarTlvs(pdu),
      }),
      home: -1,
    };
    const slot = this.#write(event);
    this.#askers[slot] = { peer, sequence: pdu.sequence, data: pdu.command === 'data_sm' };
    log.after(this.#durable, slot);
  }

  #write(event: MoEvent): number {
    const slot = this.#free.pop() ?? this.#events.length;
    this.#events[slot] = event;
    this.#record(event);
    return slot;
  }

  #record(event: MoEvent): void {
    const { log, upstreams } = this.#core;
    const { pdu } = event;
    const w = log.begin(RecordType.mo);
    w.u8(RECORD_VERSION);
    w.u64(event.eventNumber);
    w.u64(event.at);
    putText(w, event.link.name);
    putText(w, upstreams.get(event.upstream).name);
    w.u8(pdu.sourceAddrTon);
    w.u8(pdu.sourceAddrNpi);
    putText(w, pdu.sourceAddr);
    w.u8(pdu.destAddrTon);
    w.u8(pdu.destAddrNpi);
    putText(w, pdu.destinationAddr);
    w.u8(pdu.esmClass);
    w.u8(pdu.dataCoding);
    const sar = pdu.tlvs.length === 3;
    w.u8(sar ? 1 : 0);
    w.u16(sar ? (tlvU16(pdu, Tag.sarMsgRefNum) ?? 0) : 0);
    w.u8(sar ? (tlvU8(pdu, Tag.sarTotalSegments) ?? 0) : 0);
    w.u8(sar ? (tlvU8(pdu, Tag.sarSegmentSeqnum) ?? 0) : 0);
    w.u32(log.secret(pdu.shortMessage));
    w.u16(pdu.shortMessage.length);
    log.end();
    event.home = log.seq;
    log.live(event.home, 1);
    log.secretLive(event.home, 1);
  }

  /** Reads a record; null when its text's key is gone, which means that it was taken. */
  restore(r: RecordReader, secrets: Buffer | null, home: number): void {
    const { links, upstreams } = this.#core;
    const eventNumber = r.u64();
    const at = r.u64();
    const link = links.get(links.numberOf(r.text()));
    const upstream = upstreams.numberOf(r.text());
    const sourceAddrTon = r.u8();
    const sourceAddrNpi = r.u8();
    const sourceAddr = r.text();
    const destAddrTon = r.u8();
    const destAddrNpi = r.u8();
    const destinationAddr = r.text();
    const esmClass = r.u8();
    const dataCoding = r.u8();
    const sar = r.u8() === 1;
    const ref = r.u16();
    const total = r.u8();
    const sequence = r.u8();
    const offset = r.u32();
    const length = r.u16();
    if (secrets === null) return;
    const before = this.#known.get(eventNumber);
    const event: MoEvent = {
      eventNumber,
      link,
      upstream,
      at,
      pdu: deliverSm({
        sourceAddrTon,
        sourceAddrNpi,
        sourceAddr,
        destAddrTon,
        destAddrNpi,
        destinationAddr,
        esmClass,
        dataCoding,
        shortMessage: Buffer.from(secrets.subarray(offset, offset + length)),
        tlvs: sar ? sarOf(ref, total, sequence) : [],
      }),
      home,
    };
    if (before === undefined) this.#known.set(eventNumber, this.#events.push(event) - 1);
    else this.#events[before] = event;
  }

  /** At recovery: the upstream had taken it. */
  restoreTaken(eventNumber: number): void {
    const slot = this.#known.get(eventNumber);
    if (slot === undefined) return;
    this.#known.delete(eventNumber);
    this.#events[slot] = null;
    this.#free.push(slot);
  }

  /** After recovery: counts what lives and hands it up again. */
  resume(): void {
    const { log } = this.#core;
    this.#known.clear();
    for (const [slot, event] of this.#events.entries()) {
      if (event === null) continue;
      log.live(event.home, 1);
      log.secretLive(event.home, 1);
      this.#up(slot, event);
    }
  }

  readonly #durable = (slot: number): void => {
    const asker = this.#askers[slot];
    const event = this.#events[slot];
    if (asker !== undefined) asker.peer.respond(asker.sequence, answer(asker.data));
    if (event) this.#up(slot, event);
  };

  #up(slot: number, event: MoEvent): void {
    const { upstreams } = this.#core;
    upstreams.queue(upstreams.get(event.upstream), event.link).add(-slot - 1);
  }

  /** The PDU that goes up; null when it has been taken meanwhile. */
  pdu(slot: number): DeliverSm | null {
    const event = this.#events[slot] ?? null;
    if (event === null) return null;
    const tlvs: Tlv[] = [
      ...event.pdu.tlvs,
      { tag: HopTag.eventNumber, value: u64(event.eventNumber) },
      { tag: HopTag.receivedAt, value: u64(event.at) },
    ];
    return { ...event.pdu, tlvs };
  }

  taken(slot: number): void {
    const { log, counters } = this.#core;
    const event = this.#events[slot] ?? null;
    if (event === null) return;
    counters.mo_up++;
    const w = log.begin(RecordType.upAck);
    writeUpAck(w, NO_OP, 0, event.eventNumber);
    log.end();
    log.live(event.home, -1);
    log.secretLive(event.home, -1);
    this.#events[slot] = null;
    this.#free.push(slot);
  }

  /** Writes again what stands in batches up to `last`. */
  rewrite(last: number): void {
    const { log } = this.#core;
    for (const event of this.#events) {
      if (event === null || event.home > last) continue;
      const old = event.home;
      this.#record(event);
      log.live(old, -1);
      log.secretLive(old, -1);
    }
  }
}

function answer(data: boolean) {
  return messageIdResp(data ? 'data_sm_resp' : 'deliver_sm_resp', 0, 0, '');
}

function sarTlvs(pdu: DeliverSm | DataSm): readonly Tlv[] {
  const ref = tlvU16(pdu, Tag.sarMsgRefNum);
  const total = tlvU8(pdu, Tag.sarTotalSegments);
  const sequence = tlvU8(pdu, Tag.sarSegmentSeqnum);
  return ref === undefined || total === undefined || sequence === undefined ? [] : sarOf(ref, total, sequence);
}

function sarOf(ref: number, total: number, sequence: number): readonly Tlv[] {
  return [
    { tag: Tag.sarMsgRefNum, value: Buffer.from([ref >> 8, ref & 0xff]) },
    { tag: Tag.sarTotalSegments, value: singleOctet(total) },
    { tag: Tag.sarSegmentSeqnum, value: singleOctet(sequence) },
  ];
}
