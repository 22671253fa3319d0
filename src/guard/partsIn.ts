// Bind mode: what another SMS gateway submits. Each part is checked, normalised, journalled sealed and acknowledged with an id
// of its own; the parts of a message are joined and handed to partsOut.ts, which makes orders of them (design §3).

import { PART_SETS_BYTES_MAX, PART_SETS_MAX, PART_WAIT_MS, VALIDITY_MAX_S } from '../base/limits.ts';
import type { SmppPeer } from '../driver/types.ts';
import { checkSubmit } from '../egress/policy.ts';
import { messageIdResp } from '../smpp/make.ts';
import type { SubmitSm } from '../smpp/pdu.ts';
import { Status, statusWords } from '../smpp/status.table.ts';
import { Joiner, type JoinOutcome } from '../sms/join.ts';
import { messageState } from '../sms/messageState.ts';
import type { BindUpstream } from './config.ts';
import { type Core, idText } from './core.ts';
import type { Link } from './links.ts';
import { type PartFields, readPart, writePart } from './partRecords.ts';
import { readSubmit, senderAllowed } from './partSubmit.ts';
import type { PartsOut } from './partsOut.ts';
import type { RecordReader } from './recordReader.ts';
import { RecordType } from './records.ts';
import type { Upstream } from './upstreams.ts';

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
    if (typeof read === 'number') {
      this.#refuse(peer, pdu, upstream, read, 'a field cannot be read');
      return;
    }
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
    if (!decision.allowed) {
      this.#refuse(peer, pdu, upstream, decision.status, decision.reason);
      return;
    }
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
      this.#refuse(
        peer,
        pdu,
        upstream,
        joined.code === 'full' ? Status.ESME_RMSGQFUL : Status.ESME_RSUBMITFAIL,
        'the part cannot be joined',
      );
      return;
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
    this.#core.world.log.warn('submit declined', { upstream: upstream.name, status: statusWords(status), reason });
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
