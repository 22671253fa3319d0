// Reads what the preloaded library wrote down of one program (shadow.c): syncs, and octets over sockets, in their order. From
// it, without any clock of ours: was a sync that began after the question had come back before the answer was written?
import { readFileSync } from 'node:fs';

/** A sync from its beginning to its return; `ok` false: it failed. */
export interface Sync {
  readonly begun: bigint;
  readonly returned: bigint;
  readonly ok: boolean;
}

/** A PDU as it went over one connection. `at`: when its last octet was read, or before its first one was written. */
export interface Pdu {
  readonly at: bigint;
  readonly written: boolean;
  /** One connection; descriptors are used again, connections are not told apart beyond that. */
  readonly fd: number;
  readonly command: number;
  readonly status: number;
  readonly sequence: number;
  /** Of submit_sm and deliver_sm. */
  readonly source: string;
  readonly destination: string;
}

/** The beginning of an HTTP message. */
export interface HttpHead {
  readonly at: bigint;
  readonly written: boolean;
  readonly fd: number;
  readonly line: string;
}

export interface Trace {
  readonly syncs: readonly Sync[];
  readonly pdus: readonly Pdu[];
  readonly heads: readonly HttpHead[];
  /** Syncs that wait at the gate now. */
  readonly waiting: number;
}

export const Command = {
  submitSm: 0x4,
  submitSmResp: 0x80000004,
  deliverSm: 0x5,
  deliverSmResp: 0x80000005,
  bindTransceiver: 0x9,
} as const;

const HEADER = 16;
/** Longer is no PDU of ours: it is HTTP. "GET " and "POST" read as a length are far above. */
const PDU_MAX = 70_000;

export function readTrace(path: string): Trace {
  const syncs: Sync[] = [];
  const pdus: Pdu[] = [];
  const heads: HttpHead[] = [];
  const begun = new Map<string, bigint>();
  const streams = new Map<string, { octets: Buffer; at: bigint }>();
  let waiting = 0;
  for (const line of readFileSync(path, 'latin1').split('\n')) {
    const [what, time, which, rest] = line.split(' ');
    if (what === undefined || time === undefined || which === undefined) continue;
    const at = BigInt(time);
    if (what === 'B') begun.set(which, at);
    else if (what === 'G') waiting += 1;
    else if (what === 'E') {
      syncs.push({ begun: begun.get(which) ?? at, returned: at, ok: rest === '0' });
      waiting = 0;
    } else {
      const octets = Buffer.from(rest ?? '', 'hex');
      const written = what === 'W';
      const fd = Number(which);
      const key = `${what} ${which}`;
      const stream = streams.get(key);
      if (stream === undefined && octets.length >= 4 && octets.readUInt32BE(0) > PDU_MAX) {
        const end = octets.indexOf('\r\n');
        heads.push({ at, written, fd, line: octets.latin1Slice(0, end < 0 ? 80 : end) });
        continue;
      }
      const whole =
        stream === undefined || stream.octets.length === 0 ? octets : Buffer.concat([stream.octets, octets]);
      streams.set(key, { octets: takePdus(whole, { at, written, fd }, pdus), at });
    }
  }
  return { syncs, pdus, heads, waiting };
}

/** Appends the whole PDUs of `octets` to `pdus`; what is left over. */
function takePdus(octets: Buffer, place: Pick<Pdu, 'at' | 'written' | 'fd'>, pdus: Pdu[]): Buffer {
  let from = 0;
  while (octets.length - from >= HEADER) {
    const length = octets.readUInt32BE(from);
    // A connection that ended in the middle of a PDU, and its descriptor is another connection's now.
    if (length < HEADER || length > PDU_MAX) return Buffer.alloc(0);
    if (octets.length - from < length) break;
    const command = octets.readUInt32BE(from + 4);
    const carries = command === Command.submitSm || command === Command.deliverSm;
    const body = octets.subarray(from + HEADER, from + length);
    const [source, destination] = carries ? addresses(body) : ['', ''];
    pdus.push({
      ...place,
      command,
      status: octets.readUInt32BE(from + 8),
      sequence: octets.readUInt32BE(from + 12),
      source,
      destination,
    });
    from += length;
  }
  return octets.subarray(from);
}

function addresses(body: Buffer): readonly [string, string] {
  const source = body.indexOf(0) + 3;
  const sourceEnd = body.indexOf(0, source);
  const destination = sourceEnd + 3;
  return [body.latin1Slice(source, sourceEnd), body.latin1Slice(destination, body.indexOf(0, destination))];
}

/** Whether a sync began after `asked` and had returned without a fault before `answered`. */
export function syncedBetween(trace: Trace, asked: bigint, answered: bigint): boolean {
  return trace.syncs.some((sync) => sync.ok && sync.begun >= asked && sync.returned <= answered);
}

/** What was checked, by kind, and what had no sync between question and answer. */
export interface Promises {
  readonly checked: { readonly [kind: string]: number };
  readonly faults: readonly string[];
}

function isPost(head: HttpHead): boolean {
  return !head.written && head.line.startsWith('POST');
}

/**
 * Every answer with a promise in it, and every request that must not leave before its record: `guard` says which program
 * it is. An order and the PDU that carries it out are known to belong together by their destination, which no other has.
 */
export function checkPromises(trace: Trace, guard: boolean): Promises {
  const checked: { [kind: string]: number } = {};
  const faults: string[] = [];
  const check = (kind: string, asked: Pdu | HttpHead | undefined, answer: Pdu | HttpHead): void => {
    checked[kind] = (checked[kind] ?? 0) + 1;
    if (asked === undefined) faults.push(`${kind}: nothing asked for it`);
    else if (!syncedBetween(trace, asked.at, answer.at)) faults.push(`${kind}: written before a sync had returned`);
  };
  const before = (answer: Pdu, is: (pdu: Pdu) => boolean): Pdu | undefined =>
    trace.pdus.findLast((pdu) => pdu.at <= answer.at && pdu !== answer && is(pdu));
  for (const pdu of trace.pdus) {
    if (!pdu.written) continue;
    const request = (command: number): Pdu | undefined =>
      before(
        pdu,
        (one) => !one.written && one.fd === pdu.fd && one.command === command && one.sequence === pdu.sequence,
      );
    if (pdu.command === Command.submitSmResp && pdu.status === 0) {
      const asked = request(Command.submitSm);
      if (!guard) check('submit_sm_resp to a customer', asked, pdu);
      else {
        // The order's answer promises the supplier's.
        const left = before(
          pdu,
          (one) => one.written && one.command === Command.submitSm && one.destination === asked?.destination,
        );
        const answered = before(
          pdu,
          (one) =>
            !one.written &&
            one.command === Command.submitSmResp &&
            one.fd === left?.fd &&
            one.sequence === left.sequence,
        );
        check('answer to an order', answered, pdu);
      }
    } else if (pdu.command === Command.submitSm) {
      const asked = before(
        pdu,
        (one) => !one.written && one.command === Command.submitSm && one.destination === pdu.destination,
      );
      if (guard) check('submit_sm to a supplier', asked, pdu);
      else check('order', asked ?? trace.heads.find((one) => isPost(one) && syncedBetween(trace, one.at, pdu.at)), pdu);
    } else if (pdu.command === Command.deliverSmResp && pdu.status === 0) {
      check(guard ? 'deliver_sm_resp to a supplier' : 'deliver_sm_resp to the guard', request(Command.deliverSm), pdu);
    } else if (pdu.command === Command.deliverSm) {
      const asked = before(
        pdu,
        (one) => !one.written && one.command === Command.deliverSm && one.source === pdu.source,
      );
      check(guard ? 'receipt to the gateway' : 'receipt to a customer', asked, pdu);
    }
  }
  for (const head of trace.heads) {
    if (!head.written || !head.line.startsWith('HTTP/1.1 2')) continue;
    const asked = trace.heads.findLast((one) => !one.written && one.fd === head.fd && one.at <= head.at);
    if (asked !== undefined && isPost(asked)) check('HTTP 2xx', asked, head);
  }
  return { checked, faults };
}
