// What the handsets got: every part is joined and decoded as a phone would do it, counted by digest, and (in `texts`
// mode) kept for people and tests to look at. The joining is the operator's own, as its wire is.
import { decodeSeptets, defaultTables, type GsmTables } from '../sms/gsm.ts';
import type { HandsetMode } from './config.ts';
import { Digest, DigestTable, SEPARATOR } from './digest.ts';
import { type Part, type PartHead, readPartHead, textKind } from './part.ts';
import type { SubmitView } from './wire.ts';

/** Sets of parts that wait for the rest; beyond it the oldest is given up. */
const OPEN_SETS_MAX = 200_000;

interface OpenSet {
  readonly parts: (Buffer | undefined)[];
  missing: number;
}

/** A received message as `GET /handsets/{number}` shows it. */
export interface HandsetMessage {
  readonly from: string;
  readonly text: string;
  readonly parts: number;
  readonly receivedAt: number;
  /** The same text came to this number before. */
  readonly possibleDuplicate: boolean;
}

export interface HandsetSummary {
  /** Whole messages, however often they came; different (number, text) pairs; messages that came again. */
  readonly messages: number;
  readonly distinct: number;
  readonly duplicates: number;
  readonly parts: number;
  /** Long messages of which parts are missing. */
  readonly incomplete: number;
}

export class Handsets {
  /** Called once per whole message, for a log on disk; `digest` is valid during the call. */
  onMessage: ((number: string, digest: Digest, parts: number) => void) | null = null;
  readonly #mode: HandsetMode;
  readonly #latin1: boolean;
  readonly #keep: number;
  readonly #digest = new Digest();
  readonly #table: DigestTable;
  readonly #open = new Map<string, OpenSet>();
  readonly #kept = new Map<string, Part[]>();
  #keptParts = 0;
  #parts = 0;
  /** Code unit by septet of the default alphabet, and of what follows an escape. */
  readonly #main = new Uint16Array(128);
  readonly #shift = new Uint16Array(128);

  constructor(mode: HandsetMode, keep: number, defaultAlphabet: 'gsm7' | 'latin1', expected: number) {
    this.#mode = mode;
    this.#keep = keep;
    this.#latin1 = defaultAlphabet === 'latin1';
    this.#table = new DigestTable(expected);
    for (let septet = 0; septet < 128; septet += 1) {
      this.#main[septet] = decodeSeptets(Uint8Array.of(septet), defaultTables).charCodeAt(0);
      this.#shift[septet] = decodeSeptets(Uint8Array.of(0x1b, septet), defaultTables).charCodeAt(0);
    }
  }

  /** One delivered part; its octets stand in `bytes` where `submit` says. */
  receive(bytes: Buffer, submit: SubmitView, id: () => string, nowMs: number): void {
    this.#parts += 1;
    const head = readPartHead(bytes, submit);
    if (this.#mode === 'texts') this.#keepPart(bytes, submit, head, id(), nowMs);
    if (head.total > 1) {
      this.#receivePart(bytes, submit, head);
      return;
    }
    const digest = this.#digest;
    digest.start();
    for (let i = submit.destFrom; i < submit.destTo; i += 1) digest.unit(bytes[i] as number);
    digest.unit(SEPARATOR);
    this.#feed(bytes, head.textFrom, submit.textTo, submit.dataCoding, head.tables);
    digest.finish();
    this.#table.add(digest.high, digest.low);
    this.onMessage?.(bytes.latin1Slice(submit.destFrom, submit.destTo), digest, 1);
  }

  summary(): HandsetSummary {
    const { distinct, total } = this.#table;
    return { messages: total, distinct, duplicates: total - distinct, parts: this.#parts, incomplete: this.#open.size };
  }

  /** Every digest with its count (DigestTable.dump). */
  dump(): Buffer {
    return this.#table.dump();
  }

  /** What one number received, oldest first; null in `counts` mode. */
  look(number: string): { readonly messages: readonly HandsetMessage[]; readonly parts: readonly Part[] } | null {
    if (this.#mode === 'counts') return null;
    const parts = this.#kept.get(number) ?? [];
    const seen = new Set<string>();
    const messages: HandsetMessage[] = [];
    const sets = new Map<string, OpenSet>();
    for (const part of parts) {
      const whole =
        part.total > 1
          ? joinInto(sets, `${part.from} ${part.reference} ${part.total}`, part.total, part.sequence, part.octets)
          : [part.octets];
      if (whole === null) continue;
      const text = this.#text(Buffer.concat(whole), part.dataCoding, part.tables);
      messages.push({
        from: part.from,
        text,
        parts: whole.length,
        receivedAt: part.at,
        possibleDuplicate: seen.has(text),
      });
      seen.add(text);
    }
    return { messages, parts };
  }

  /** Numbers that have received something, at most `limit`; in `texts` mode only. */
  numbers(limit: number): string[] {
    const numbers: string[] = [];
    for (const number of this.#kept.keys()) {
      if (numbers.length === limit) break;
      numbers.push(number);
    }
    return numbers;
  }

  clear(): void {
    this.#table.clear();
    this.#open.clear();
    this.#kept.clear();
    this.#keptParts = 0;
    this.#parts = 0;
  }

  #receivePart(bytes: Buffer, submit: SubmitView, head: PartHead): void {
    const number = bytes.latin1Slice(submit.destFrom, submit.destTo);
    const key = `${number} ${bytes.latin1Slice(submit.sourceFrom, submit.sourceTo)} ${head.reference} ${head.total}`;
    const octets = Buffer.from(bytes.subarray(head.textFrom, submit.textTo));
    const whole = joinInto(this.#open, key, head.total, head.sequence, octets);
    if (whole === null) {
      if (this.#open.size > OPEN_SETS_MAX) this.#open.delete(this.#open.keys().next().value as string);
      return;
    }
    const text = Buffer.concat(whole);
    const digest = this.#digest;
    digest.start();
    digest.text(number);
    digest.unit(SEPARATOR);
    this.#feed(text, 0, text.length, submit.dataCoding, head.tables);
    digest.finish();
    this.#table.add(digest.high, digest.low);
    this.onMessage?.(number, digest, head.total);
  }

  /** The text's code units into the digest. */
  #feed(bytes: Buffer, from: number, to: number, dataCoding: number, tables: GsmTables): void {
    const digest = this.#digest;
    const kind = textKind(dataCoding, this.#latin1);
    if (kind === 'gsm7' && tables === defaultTables) {
      for (let i = from; i < to; i += 1) {
        const septet = (bytes[i] as number) & 0x7f;
        if (septet === 0x1b && i + 1 < to) {
          i += 1;
          digest.unit(this.#shift[(bytes[i] as number) & 0x7f] as number);
        } else digest.unit(this.#main[septet] as number);
      }
    } else if (kind === 'gsm7') digest.text(decodeSeptets(bytes.subarray(from, to), tables));
    else if (kind === 'ucs2') {
      for (let i = from; i + 1 < to; i += 2) digest.unit(((bytes[i] as number) << 8) | (bytes[i + 1] as number));
    } else for (let i = from; i < to; i += 1) digest.unit(bytes[i] as number);
  }

  #text(octets: Buffer, dataCoding: number, tables: GsmTables): string {
    switch (textKind(dataCoding, this.#latin1)) {
      case 'gsm7':
        return decodeSeptets(octets, tables);
      case 'ucs2':
        return Buffer.from(octets.subarray(0, octets.length & ~1))
          .swap16()
          .toString('utf16le');
      case 'latin1':
        return octets.toString('latin1');
      case 'octets':
        return octets.toString('hex');
    }
  }

  #keepPart(bytes: Buffer, submit: SubmitView, head: PartHead, id: string, nowMs: number): void {
    const number = bytes.latin1Slice(submit.destFrom, submit.destTo);
    let list = this.#kept.get(number);
    if (list === undefined) this.#kept.set(number, (list = []));
    list.push({
      at: nowMs,
      id,
      from: bytes.latin1Slice(submit.sourceFrom, submit.sourceTo),
      esmClass: submit.esmClass,
      dataCoding: submit.dataCoding,
      reference: head.reference,
      total: head.total,
      sequence: head.sequence,
      tables: head.tables,
      udh: Buffer.from(bytes.subarray(submit.textFrom, head.textFrom)),
      octets: Buffer.from(bytes.subarray(head.textFrom, submit.textTo)),
    });
    this.#keptParts += 1;
    while (this.#keptParts > this.#keep) {
      const [oldest, parts] = this.#kept.entries().next().value as [string, Part[]];
      parts.shift();
      this.#keptParts -= 1;
      if (parts.length === 0) this.#kept.delete(oldest);
    }
  }
}

/** Puts one part where it belongs; all parts in order when it was the last one missing. A part that came before is ignored. */
function joinInto(
  sets: Map<string, OpenSet>,
  key: string,
  total: number,
  sequence: number,
  octets: Buffer,
): Buffer[] | null {
  let set = sets.get(key);
  if (set === undefined)
    sets.set(key, (set = { parts: new Array<Buffer | undefined>(total).fill(undefined), missing: total }));
  if (set.parts[sequence - 1] !== undefined) return null;
  set.parts[sequence - 1] = octets;
  set.missing -= 1;
  if (set.missing > 0) return null;
  sets.delete(key);
  return set.parts as Buffer[];
}
