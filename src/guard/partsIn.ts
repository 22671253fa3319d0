// Bind mode: what another SMS gateway submits. Each part is checked, normalised, journalled sealed and acknowledged with an id
// of its own; the parts of a message are joined and handed to partsOut.ts, which makes orders of them (design §3).

import { PART_SETS_BYTES_MAX, PART_SETS_MAX, PART_WAIT_MS, VALIDITY_MAX_S } from '../base/limits.ts';
import type { SmppPeer } from '../driver/types.ts';
import { checkSubmit } from '../egress/policy.ts';
import { messageIdResp } from '../smpp/make.ts';
import { type SubmitSm, tlv, tlvU8, tlvU16 } from '../smpp/pdu.ts';
import { Status } from '../smpp/status.table.ts';
import { parseTime, toAbsoluteMs } from '../smpp/time.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import { unpackSeptets } from '../sms/gsm.ts';
import { Joiner, type JoinOutcome } from '../sms/join.ts';
import { messageState } from '../sms/messageState.ts';
import { parseUdh } from '../sms/udh.ts';
import type { BindUpstream } from './config.ts';
import { type Core, idText } from './core.ts';
import type { Link } from './links.ts';
import { type JoinKind, type PartFields, readPart, writePart } from './partRecords.ts';
import type { PartsOut } from './partsOut.ts';
import { type RecordReader, RecordType } from './records.ts';
import type { Upstream } from './upstreams.ts';

const UDHI = 0x40;
const SEED_OCTETS = 16;
const LATIN1 = 0x03;
const ASCII = 0x01;
const DATA_CODING_OF = { gsm7: 0, 'gsm7-packed': 0, latin1: LATIN1, ascii: ASCII } as const;

/** A part that lives: its record, its text and where both stand. */
export interface Part extends PartFields {
  readonly octets: Buffer;
  readonly seed: string;
  /** Batch of its record and its text. */
  home: number;
  /** Op under which it left, or was about to; '' none. */
  op: string;
}

export class PartsIn {
  readonly #core: Core;
  readonly #out: PartsOut;
  /** By id; at recovery filled before anything else. */
  readonly #parts = new Map<number, Part>();
  readonly #joiner = new Joiner<Part>({
    openSets: PART_SETS_MAX,
    octets: PART_SETS_BYTES_MAX,
    waitMs: PART_WAIT_MS,
    rememberMs: PART_WAIT_MS,
  });
  // Acknowledgements that wait for a commit: slots in parallel arrays.
  readonly #peers: (SmppPeer<number> | null)[] = [];
  readonly #sequences: number[] = [];
  readonly #ids: number[] = [];
  readonly #free: number[] = [];

  constructor(core: Core, out: PartsOut) {
    this.#core = core;
    this.#out = out;
  }

  /** A submit_sm of a bind upstream. Answers it now or later, once. */
  take(peer: SmppPeer<number>, upstream: Upstream, config: BindUpstream, link: Link, pdu: SubmitSm): void {
    const core = this.#core;
    core.counters.parts_in++;
    if (core.closedReason !== null || !core.log.accepting || this.#out.full(link)) {
      core.counters.orders_refused++;
      peer.respondStatus(
        pdu.sequence,
        pdu.commandId,
        core.closedReason === null ? Status.ESME_RTHROTTLED : Status.ESME_RMSGQFUL,
      );
      return;
    }
    const nowMs = core.world.loop.now();
    const read = readSubmit(config, pdu, nowMs);
    if (typeof read === 'number') return this.#refuse(peer, pdu, upstream, read, 'a field cannot be read');
    const decision = checkSubmit(
      {
        serviceType: pdu.serviceType,
        destinationAddr: read.recipient,
        sourceRegistered: senderAllowed(config.allowedSenders, pdu.sourceAddr),
        esmClass: pdu.esmClass,
        protocolId: pdu.protocolId,
        priorityFlag: pdu.priorityFlag,
        scheduleAtMs: read.scheduleAt,
        expiresAtMs: read.expiresAt,
        registeredDelivery: pdu.registeredDelivery,
        replaceIfPresentFlag: pdu.replaceIfPresentFlag,
        dataCoding: pdu.dataCoding,
        smDefaultMsgId: pdu.smDefaultMsgId,
        userData: read.userData,
        tlvTags: pdu.tlvs.map((one) => one.tag),
      },
      {
        binary: link.config.dialect.binary,
        serviceTypes: [],
        replacesPending: false,
        transcodes: false,
        unknownTlvs: 'ignore',
        defaultAlphabet:
          config.defaultAlphabet === 'latin1' || config.defaultAlphabet === 'ascii' ? config.defaultAlphabet : 'gsm',
      },
      nowMs,
    );
    if (!decision.allowed) return this.#refuse(peer, pdu, upstream, decision.status, decision.reason);
    const part: Part = {
      id: core.ids.next(),
      at: nowMs,
      upstream: upstream.name,
      link: link.name,
      sourceTon: pdu.sourceAddrTon,
      sourceNpi: pdu.sourceAddrNpi,
      source: pdu.sourceAddr,
      recipient: read.recipient,
      dataCoding: pdu.dataCoding === 0 ? DATA_CODING_OF[config.defaultAlphabet] : pdu.dataCoding,
      kind: read.kind,
      ref: read.ref,
      total: read.total,
      place: read.place,
      lockingShift: read.lockingShift,
      singleShift: read.singleShift,
      asked: pdu.registeredDelivery & 0x03,
      dueAt: read.scheduleAt ?? nowMs,
      validUntil: read.expiresAt ?? nowMs + Math.min(config.defaultValidityMs, VALIDITY_MAX_S * 1000),
      octets: Buffer.from(read.text),
      seed: core.random.latin1(SEED_OCTETS),
      home: -1,
      op: '',
    };
    // What would not fit is refused before it is acknowledged.
    const joined = part.kind === 0 ? null : this.#offer(part);
    if (joined?.code === 'full' || joined?.code === 'badPart') {
      return this.#refuse(
        peer,
        pdu,
        upstream,
        joined.code === 'full' ? Status.ESME_RMSGQFUL : Status.ESME_RSUBMITFAIL,
        'the part cannot be joined',
      );
    }
    if (joined?.code === 'duplicate') {
      // Sent again by a gateway that had no answer: it has the id of the first.
      this.#acknowledge(peer, pdu.sequence, joined.first.id);
      return;
    }
    this.#record(part);
    this.#parts.set(part.id, part);
    this.#acknowledge(peer, pdu.sequence, part.id);
    if (joined === null) this.#out.message([part]);
    else if (joined.code === 'complete') this.#out.message(joined.joined.tags);
  }

  #refuse(peer: SmppPeer<number>, pdu: SubmitSm, upstream: Upstream, status: number, reason: string): void {
    this.#core.counters.orders_declined++;
    this.#core.world.log.warn('submit declined', { upstream: upstream.name, status, reason });
    peer.respondStatus(pdu.sequence, pdu.commandId, status);
  }

  #offer(part: Part): JoinOutcome<Part> {
    const { kind } = part;
    if (kind === 0) throw new Error('a whole message is not joined');
    const key = {
      group: part.upstream,
      source: part.source,
      destination: part.recipient,
      kind,
      ref: part.ref,
      total: part.total,
    };
    return this.#joiner.offer(key, part.place, part.octets, part, part.at);
  }

  #record(part: Part): void {
    const { log } = this.#core;
    const w = log.begin(RecordType.part);
    const offset = log.secret(Buffer.from(part.seed, 'latin1'));
    log.secret(part.octets);
    writePart(w, part, offset, part.octets.length);
    log.end();
    part.home = log.seq;
    log.live(part.home, 1);
    log.secretLive(part.home, 1);
  }

  #acknowledge(peer: SmppPeer<number>, sequence: number, id: number): void {
    const slot = this.#free.pop() ?? this.#peers.length;
    this.#peers[slot] = peer;
    this.#sequences[slot] = sequence;
    this.#ids[slot] = id;
    this.#core.log.after(this.#durable, slot);
  }

  readonly #durable = (slot: number): void => {
    const id = idText(this.#ids[slot] as number);
    this.#peers[slot]?.respond(this.#sequences[slot] as number, messageIdResp('submit_sm_resp', 0, 0, id));
    this.#peers[slot] = null;
    this.#free.push(slot);
  };

  /** The message of these parts has ended: their texts end with it. */
  ended(parts: readonly Part[]): void {
    const { log } = this.#core;
    for (const part of parts) {
      if (!this.#parts.delete(part.id)) continue;
      log.live(part.home, -1);
      log.secretLive(part.home, -1);
    }
  }

  /** Gives up sets whose rest never came: each part that asked gets its EXPIRED. */
  tick(): void {
    for (const joined of this.#joiner.expire(this.#core.world.loop.now())) {
      this.#core.counters.parts_expired += joined.tags.length;
      this.#out.end(joined.tags, messageState.expired);
    }
  }

  /** Writes again what stands in batches up to `last`. */
  rewrite(last: number): void {
    const { log } = this.#core;
    for (const part of this.#parts.values()) {
      if (part.home > last) continue;
      const old = part.home;
      this.#record(part);
      log.live(old, -1);
      log.secretLive(old, -1);
    }
  }

  /** At recovery: a part's record; without its text the message has ended. */
  restore(r: RecordReader, secrets: Buffer | null, home: number): void {
    const { part, secretOffset, octets } = readPart(r);
    if (secrets === null) {
      this.#parts.delete(part.id);
      return;
    }
    const text = secretOffset + SEED_OCTETS;
    this.#parts.set(part.id, {
      ...part,
      seed: secrets.latin1Slice(secretOffset, text),
      octets: Buffer.from(secrets.subarray(text, text + octets)),
      home,
      op: this.#parts.get(part.id)?.op ?? '',
    });
  }

  /** At recovery: these parts left under `op`, or ended. */
  restoreDone(ids: readonly number[], op: string, ended: boolean): void {
    for (const id of ids) {
      const part = this.#parts.get(id);
      if (part === undefined) continue;
      if (ended) this.#parts.delete(id);
      else part.op = op;
    }
  }

  /** After recovery: what had not ended goes on. */
  resume(): void {
    const { log } = this.#core;
    const byOp = new Map<string, Part[]>();
    const loose: Part[] = [];
    for (const part of [...this.#parts.values()].sort((a, b) => a.id - b.id)) {
      log.live(part.home, 1);
      log.secretLive(part.home, 1);
      if (part.op === '') loose.push(part);
      else {
        const list = byOp.get(part.op);
        if (list === undefined) byOp.set(part.op, [part]);
        else list.push(part);
      }
    }
    for (const [op, parts] of byOp)
      this.#out.resume(
        op,
        parts.sort((a, b) => a.place - b.place),
      );
    for (const part of loose) {
      if (part.kind === 0) this.#out.message([part]);
      else {
        const joined = this.#offer(part);
        if (joined.code === 'complete') this.#out.message(joined.joined.tags);
      }
    }
  }
}

interface ReadSubmit {
  readonly recipient: string;
  readonly userData: Buffer;
  /** Without header. */
  readonly text: Buffer;
  readonly kind: JoinKind;
  readonly ref: number;
  readonly total: number;
  readonly place: number;
  readonly lockingShift: number;
  readonly singleShift: number;
  readonly scheduleAt: number | null;
  readonly expiresAt: number | null;
}

/** What a submit says, or the status to refuse it with. */
function readSubmit(config: BindUpstream, pdu: SubmitSm, nowMs: number): ReadSubmit | number {
  const payload = tlv(pdu, Tag.messagePayload);
  if (payload !== undefined && pdu.shortMessage.length > 0) return Status.ESME_RTLVNOTALLWD;
  const userData = payload ?? pdu.shortMessage;
  const schedule = parseTime(pdu.scheduleDeliveryTime, { lenient: true });
  if (schedule.kind === 'invalid') return Status.ESME_RINVSCHED;
  const validity = parseTime(pdu.validityPeriod, { lenient: true });
  if (validity.kind === 'invalid') return Status.ESME_RINVEXPIRY;
  const expires = toAbsoluteMs(validity, nowMs);
  const until = nowMs + VALIDITY_MAX_S * 1000;
  let text = userData;
  let kind: JoinKind = 0;
  let [ref, total, place, lockingShift, singleShift] = [0, 1, 1, 0, 0];
  if ((pdu.esmClass & UDHI) !== 0) {
    const parsed = parseUdh(userData);
    if (!parsed.ok || parsed.value.malformed) return Status.ESME_RSUBMITFAIL;
    const udh = parsed.value;
    text = userData.subarray(udh.length);
    ({ lockingShift, singleShift } = udh);
    if (udh.concat !== undefined && udh.concat.total > 1) {
      kind = udh.concat.bits;
      ({ ref, total } = udh.concat);
      place = udh.concat.seq;
    }
    if (config.defaultAlphabet === 'gsm7-packed' && pdu.dataCoding === 0)
      text = unpackSeptets(text, (7 - ((udh.length * 8) % 7)) % 7);
  } else {
    if (config.defaultAlphabet === 'gsm7-packed' && pdu.dataCoding === 0) text = unpackSeptets(userData, 0);
    const sarTotal = tlvU8(pdu, Tag.sarTotalSegments);
    const sarPlace = tlvU8(pdu, Tag.sarSegmentSeqnum);
    const sarRef = tlvU16(pdu, Tag.sarMsgRefNum);
    // An incomplete set of the three is ignored (R16).
    if (sarTotal !== undefined && sarPlace !== undefined && sarRef !== undefined && sarTotal > 1) {
      kind = 'sar';
      [ref, total, place] = [sarRef, sarTotal, sarPlace];
    }
  }
  return {
    recipient: digitsOf(pdu.destinationAddr),
    userData,
    text,
    kind,
    ref,
    total,
    place,
    lockingShift,
    singleShift,
    scheduleAt: toAbsoluteMs(schedule, nowMs),
    expiresAt: expires === null ? null : Math.min(expires, until),
  };
}

/** E.164 digits: gateways write them with `+`, with `00` or plainly. */
function digitsOf(address: string): string {
  if (address.startsWith('+')) return address.slice(1);
  return address.startsWith('00') ? address.slice(2) : address;
}

/** Exact, or a pattern with `*` and `?`. */
export function senderAllowed(patterns: readonly string[], sender: string): boolean {
  if (sender === '') return false;
  return patterns.some((pattern) => matches(pattern, 0, sender, 0));
}

function matches(pattern: string, p: number, text: string, t: number): boolean {
  if (p === pattern.length) return t === text.length;
  const c = pattern[p];
  if (c === '*') {
    for (let skip = t; skip <= text.length; skip++) if (matches(pattern, p + 1, text, skip)) return true;
    return false;
  }
  return t < text.length && (c === '?' || c === text[t]) && matches(pattern, p + 1, text, t + 1);
}
