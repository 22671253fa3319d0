// Customer-made parts: each acknowledged on its own, durably, with an id of its own; joined here, because the guard makes the
// segments (design §3). A set that is not complete after five minutes ends EXPIRED. Octets are joined first, then decoded (R16).
import { CUSTOMER_PART_SETS_MAX, JOIN_WAIT_MS } from '../base/limits.ts';
import { buildUdh, parseUdh } from '../sms/udh.ts';
import { type AcceptFacts, accept, admitted, emptyFacts, refuse } from './accept.ts';
import type { Account } from './accounts.ts';
import { State } from './aggregate.ts';
import { type PartOf, type PlannedBody, planBody } from './bodies.ts';
import { accountOf, type Core } from './core.ts';
import { Letter, MessageFlag, MessagePhase } from './layout.ts';
import { RecordType } from './records.ts';
import type { Refusal } from './service.ts';
import { TraceReason } from './views.ts';

const KINDS = ['udh8', 'udh16', 'sar'] as const;
const UDHI = 0x40;

interface OpenSet {
  readonly key: string;
  readonly esmClass: number;
  readonly total: number;
  /** Handle per part, by seq - 1; -1: not come. */
  readonly handles: number[];
  /** The same part sent again: acknowledged, and ends as the set does. */
  readonly repeats: number[];
  /** Of `handles`: acknowledged. */
  readonly durable: Set<number>;
}

export class Parts {
  readonly #core: Core;
  readonly #visible: (account: Account, planned: PlannedBody) => boolean;
  readonly #sets = new Map<string, OpenSet>();
  readonly #setOf = new Map<number, OpenSet>();
  readonly #facts: AcceptFacts = emptyFacts();
  readonly #admit: (handle: number) => void;

  constructor(core: Core, visible: (account: Account, planned: PlannedBody) => boolean) {
    this.#core = core;
    this.#visible = visible;
    this.#admit = (handle) => admitted(core, handle, core.world.loop.now());
  }

  /** Takes one part; its handle, to be acknowledged after the commit and given to `durable` then. */
  take(account: Account, facts: AcceptFacts, part: PartOf, esmClass: number, nowMs: number): number | Refusal {
    if (this.#sets.size >= CUSTOMER_PART_SETS_MAX) return refuse('queue-full', 'too many incomplete messages');
    const handle = accept(this.#core, account, facts, nowMs);
    if (typeof handle !== 'number') return handle;
    const { log, store } = this.#core;
    const w = log.begin(RecordType.part);
    const at = (store.offset[handle] as number) + Letter.id;
    w.bytes(store.buffer(handle), at, at + 16);
    w.u8(KINDS.indexOf(part.kind));
    w.u16(part.ref);
    w.u8(part.total);
    w.u8(part.seq);
    w.u8(esmClass);
    log.end();
    this.add(handle, part, esmClass);
    return handle;
  }

  /** Reads the payload of a part record after its id. */
  static read(records: Buffer, at: number): { readonly part: PartOf; readonly esmClass: number } {
    const kind = KINDS[records[at] as number] ?? 'udh8';
    return {
      part: {
        kind,
        ref: records.readUInt16BE(at + 1),
        total: records[at + 3] as number,
        seq: records[at + 4] as number,
      },
      esmClass: records[at + 5] as number,
    };
  }

  /** Puts a part into its set; recovery does so with every part that waits. */
  add(handle: number, part: PartOf, esmClass: number): void {
    const { store, timers } = this.#core;
    timers.set(handle, (store.acceptedAt[handle] as number) + JOIN_WAIT_MS);
    const key = `${store.account[handle]}/${store.source(handle)}/${store.destination(handle)}/${part.kind}/${part.ref}/${part.total}`;
    let set = this.#sets.get(key);
    const there = set?.handles[part.seq - 1] ?? -1;
    if (set !== undefined && there >= 0) {
      if (store.body(there).equals(store.body(handle))) {
        set.repeats.push(handle);
        this.#setOf.set(handle, set);
        return;
      }
      // Another text under the same reference: a new message. The old set waits for its end.
      set = undefined;
    }
    if (set === undefined) {
      set = {
        key,
        esmClass,
        total: part.total,
        handles: new Array<number>(part.total).fill(-1),
        repeats: [],
        durable: new Set(),
      };
      this.#sets.set(key, set);
    }
    set.handles[part.seq - 1] = handle;
    this.#setOf.set(handle, set);
  }

  /** The part's record is durable and acknowledged. The last one of a set makes it a message. */
  durable(handle: number): void {
    const set = this.#setOf.get(handle);
    if (set === undefined || set.repeats.includes(handle)) return;
    set.durable.add(handle);
    if (set.durable.size === set.total) this.#complete(set);
  }

  /** A part's time is over: the whole set ends. */
  expire(handle: number, nowMs: number): void {
    const set = this.#setOf.get(handle);
    if (set === undefined) {
      this.#core.ending.end(handle, State.expired, nowMs, 0, TraceReason.incompleteParts);
      return;
    }
    this.#endAll(set, State.expired, nowMs, TraceReason.incompleteParts);
  }

  /** A part that is cancelled or replaced leaves its set. */
  forget(handle: number): void {
    const set = this.#setOf.get(handle);
    if (set === undefined) return;
    this.#setOf.delete(handle);
    const seq = set.handles.indexOf(handle);
    if (seq >= 0) set.handles[seq] = -1;
    set.durable.delete(handle);
    // A number that stayed here would soon be another message's.
    const again = set.repeats.indexOf(handle);
    if (again >= 0) set.repeats.splice(again, 1);
    if (set.handles.every((one) => one < 0)) this.#drop(set);
  }

  #complete(set: OpenSet): void {
    const core = this.#core;
    const { store, ledger, log } = core;
    const nowMs = core.world.loop.now();
    this.#drop(set);
    const first = set.handles[0] as number;
    const account = accountOf(core, first);
    const joined = this.#join(set);
    const planned = planBody(
      joined.esmClass,
      joined.dataCoding,
      joined.userData,
      account.config.defaultAlphabet,
      account.config.languages,
    );
    if (
      typeof planned === 'string' ||
      planned.segments > account.config.maxSegments ||
      !this.#visible(account, planned)
    ) {
      this.#endAll(set, State.rejected, nowMs, TraceReason.declined);
      return;
    }
    const members = [...set.handles, ...set.repeats];
    // The price was held per part; the joined message holds its own.
    for (const part of members) {
      const price = store.pricePerSegment[part] as number;
      ledger.void(store.account[part] as number, price);
      store.voidedSegments[part] = 1;
    }
    const facts = this.#factsOf(first, planned);
    // A limit of memory that is reached just now must not end what was acknowledged.
    const { unbounded } = store;
    store.unbounded = true;
    const carrier = accept(core, account, facts, nowMs);
    store.unbounded = unbounded;
    if (typeof carrier !== 'number') {
      for (const part of members) {
        ledger.restoreHold(store.account[part] as number, store.pricePerSegment[part] as number);
        store.voidedSegments[part] = 0;
      }
      this.#endAll(set, State.rejected, nowMs, TraceReason.declined);
      return;
    }
    const w = log.begin(RecordType.partsDone);
    const carrierAt = (store.offset[carrier] as number) + Letter.id;
    w.bytes(store.buffer(carrier), carrierAt, carrierAt + 16);
    w.u16(members.length);
    for (const part of members) {
      const at = (store.offset[part] as number) + Letter.id;
      w.bytes(store.buffer(part), at, at + 16);
    }
    log.end();
    this.link(carrier, members);
    log.after(this.#admit, carrier);
  }

  /** The parts end with the joined message from now on. */
  link(carrier: number, members: readonly number[]): void {
    const { store, timers, ending } = this.#core;
    for (const part of members) {
      this.#setOf.delete(part);
      store.phase[part] = MessagePhase.joined;
      store.voidedSegments[part] = 1;
      timers.cancel(part);
      ending.bodyEnded(part);
    }
    ending.joined.set(carrier, [...members]);
  }

  #factsOf(first: number, planned: PlannedBody): AcceptFacts {
    const { store } = this.#core;
    const buffer = store.buffer(first);
    const at = store.offset[first] as number;
    const facts = this.#facts;
    facts.sourceTon = buffer[at + Letter.sourceTon] as number;
    facts.sourceNpi = buffer[at + Letter.sourceNpi] as number;
    facts.source = store.source(first);
    facts.destination = store.destination(first);
    facts.written = store.written(first);
    facts.destTon = buffer[at + Letter.destTon] as number;
    facts.destNpi = buffer[at + Letter.destNpi] as number;
    facts.dataCoding = planned.dataCoding;
    facts.body = planned.octets;
    facts.segments = planned.segments;
    facts.lane = store.lane[first] as number;
    facts.validUntil = store.validUntil[first] as number;
    facts.scheduleAt = store.dueAt[first] as number;
    facts.serviceType = store.serviceType(first);
    facts.flags = MessageFlag.internal | MessageFlag.joinedParts | (planned.udhi ? MessageFlag.udhi : 0);
    facts.joining = false;
    return facts;
  }

  /** The octets of all parts in order, behind a header that names only the national tables, if there are any. */
  #join(set: OpenSet): { readonly esmClass: number; readonly dataCoding: number; readonly userData: Buffer } {
    const { store } = this.#core;
    const first = set.handles[0] as number;
    const dataCoding = store.buffer(first)[(store.offset[first] as number) + Letter.dataCoding] as number;
    const pieces: Buffer[] = [];
    let header: Buffer = Buffer.alloc(0);
    set.handles.forEach((handle, i) => {
      const body = store.body(handle);
      const udh = (set.esmClass & UDHI) === 0 ? null : parseUdh(body);
      if (udh?.ok && i === 0)
        header = buildUdh({ lockingShift: udh.value.lockingShift, singleShift: udh.value.singleShift });
      pieces.push(udh?.ok ? body.subarray(udh.value.length) : body);
    });
    return { esmClass: header.length > 0 ? UDHI : 0, dataCoding, userData: Buffer.concat([header, ...pieces]) };
  }

  #endAll(set: OpenSet, state: number, nowMs: number, reason: number): void {
    this.#drop(set);
    for (const part of [...set.handles, ...set.repeats]) {
      if (part < 0) continue;
      this.#setOf.delete(part);
      if (this.#core.store.phase[part] === MessagePhase.joining) this.#core.ending.end(part, state, nowMs, 0, reason);
    }
  }

  #drop(set: OpenSet): void {
    if (this.#sets.get(set.key) === set) this.#sets.delete(set.key);
  }
}
