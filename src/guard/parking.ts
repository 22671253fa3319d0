// Receipts whose id no answer has named yet (R25): kept durably for a while, then told as orphans. Found by the forms in
// which an answer may write their id. Few at any time: objects and maps are good enough here.
import { PARKED_MAX, PARKED_MS } from '../base/limits.ts';
import { indexKey, lookupKeys } from '../sms/messageId.ts';
import type { Core } from './core.ts';
import { Deque } from './deque.ts';
import type { Link } from './links.ts';
import { writeParked } from './receiptRecords.ts';
import type { Read } from './receipts.ts';
import { RecordType } from './records.ts';

/** A receipt that came early. */
export interface Early extends Read {
  readonly link: Link;
  /** Batch of its record. */
  home: number;
  gone: boolean;
}

export class Parking {
  readonly #core: Core;
  readonly #byKey = new Map<string, Early[]>();
  readonly #inOrder = new Deque<Early>();
  #size = 0;

  constructor(core: Core) {
    this.#core = core;
  }

  get size(): number {
    return this.#size;
  }

  /** Parks a receipt; its record is written. `known`: it is here already. */
  add(link: Link, read: Read): 'parked' | 'known' | 'full' {
    const same = this.#byKey.get(keyOf(link, indexKey(read.remoteId)));
    if (
      same?.some(
        (one) => one.remoteId === read.remoteId && one.state === read.state && one.destination === read.destination,
      )
    )
      return 'known';
    if (this.#size >= PARKED_MAX) return 'full';
    const { log } = this.#core;
    const w = log.begin(RecordType.parked);
    writeParked(w, { ...read, link: link.name });
    log.end();
    log.live(log.seq, 1);
    this.#put(link, read, log.seq);
    return 'parked';
  }

  /** One that the journal holds in batch `home`. */
  restore(link: Link, read: Read, home: number): void {
    this.#core.log.live(home, 1);
    this.#put(link, read, home);
  }

  #put(link: Link, read: Read, home: number): void {
    const early: Early = { ...read, link, home, gone: false };
    for (const key of this.#keys(early)) {
      const list = this.#byKey.get(key);
      if (list === undefined) this.#byKey.set(key, [early]);
      else list.push(early);
    }
    this.#inOrder.push(early);
    this.#size++;
  }

  /** Offers those that may be for `remoteId` to `match`; what it takes is gone. */
  take(link: Link, remoteId: string, match: (link: Link, early: Early) => boolean): void {
    const list = this.#byKey.get(keyOf(link, indexKey(remoteId)));
    if (list === undefined) return;
    for (const early of [...list]) if (match(link, early)) this.#drop(early);
  }

  /** Offers all to `match`, after a restart: the id may have become known before it. */
  takeAll(match: (link: Link, early: Early) => boolean): void {
    const all = new Set<Early>();
    for (const list of this.#byKey.values()) for (const early of list) all.add(early);
    for (const early of all) if (match(early.link, early)) this.#drop(early);
  }

  /** Tells those whose time is over as orphans. */
  expire(): void {
    const { log, world, counters } = this.#core;
    const before = world.loop.now() - PARKED_MS;
    for (
      let early = this.#inOrder.peek();
      early !== undefined && (early.gone || early.at <= before);
      early = this.#inOrder.peek()
    ) {
      this.#inOrder.shift();
      if (early.gone) continue;
      counters.receipts_orphaned++;
      const w = log.begin(RecordType.orphan);
      writeParked(w, { ...early, link: early.link.name });
      log.end();
      this.#drop(early);
    }
  }

  /** Writes again what stands in batches up to `last`. */
  rewrite(last: number): void {
    const { log } = this.#core;
    for (const list of this.#byKey.values()) {
      for (const early of list) {
        if (early.gone || early.home > last) continue;
        const w = log.begin(RecordType.parked);
        writeParked(w, { ...early, link: early.link.name });
        log.end();
        log.live(log.seq, 1);
        log.live(early.home, -1);
        early.home = log.seq;
      }
    }
  }

  #drop(early: Early): void {
    early.gone = true;
    this.#size--;
    this.#core.log.live(early.home, -1);
    for (const key of this.#keys(early)) {
      const rest = this.#byKey.get(key)?.filter((one) => one !== early) ?? [];
      if (rest.length === 0) this.#byKey.delete(key);
      else this.#byKey.set(key, rest);
    }
  }

  #keys(early: Early): string[] {
    const { respBase, receiptBase } = early.link.config.dialect;
    return lookupKeys(early.remoteId, respBase, receiptBase).map((key) => keyOf(early.link, key));
  }
}

function keyOf(link: Link, id: string): string {
  return `${link.number}:${id}`;
}
