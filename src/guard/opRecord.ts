// An order as one record: how cleaning writes it again, how it stands in run files, and how it comes back into memory. Links
// and upstreams stand by name, since numbers hold for one run only.
import type { ByteWriter } from '../base/bytes.ts';
import { indexKey } from '../sms/messageId.ts';
import type { Core } from './core.ts';
import { type SegmentFields, SegmentFlag } from './letterLayout.ts';
import { putText, RECORD_VERSION, type RecordReader } from './recordReader.ts';
import { SentFlag } from './sentStore.ts';

export function writeOp(w: ByteWriter, core: Core, handle: number): void {
  const { sent } = core;
  const total = sent.total(handle);
  w.u8(RECORD_VERSION);
  w.latin1(sent.op(handle));
  w.u64(sent.guardId(handle));
  w.u64(sent.submittedAt(handle));
  w.u64(sent.validUntil(handle));
  w.u8(total);
  w.u8(sent.sourceTon(handle));
  w.u8(sent.sourceNpi(handle));
  putText(w, core.links.get(sent.link(handle)).name);
  putText(w, core.upstreams.get(sent.upstream(handle)).name);
  putText(w, sent.source(handle));
  putText(w, sent.destination(handle));
  const extension = sent.extension(handle);
  w.u16(extension.length);
  w.latin1(extension);
  for (let i = 0; i < total; i++) {
    w.u8(sent.outcome(handle, i));
    w.u8(sent.verdict(handle, i));
    w.u32(sent.status(handle, i));
    w.u8(sent.state(handle, i));
    w.u8(sent.segmentFlag(handle, i, SegmentFlag.upAcked) ? SegmentFlag.upAcked : 0);
    w.u64(sent.eventNumber(handle, i));
    w.u64(sent.receivedAt(handle, i));
    putText(w, sent.rawError(handle, i));
    putText(w, sent.remoteId(handle, i));
  }
}

/** Its op, without reading the rest. */
export function opOf(r: RecordReader): string {
  return r.latin1(16);
}

/**
 * Brings an order back, answered; its handle, or −1 when memory is full. One that is here already is left as it is.
 * Receipts that the upstream has not taken keep it in memory.
 */
export function restoreOp(r: RecordReader, core: Core): number {
  const { sent } = core;
  const op = r.latin1(16);
  const known = sent.find(op);
  if (known >= 0) return known;
  const handle = sent.open(op);
  if (handle < 0) return -1;
  const guardId = r.u64();
  const submittedAt = r.u64();
  const validUntil = r.u64();
  const total = r.u8();
  const senderTon = r.u8();
  const senderNpi = r.u8();
  const linkNumber = core.links.numberOf(r.text());
  const upstreamNumber = core.upstreams.numberOf(r.text());
  const sender = r.text();
  const recipient = r.text();
  const extension = r.latin1(r.u16());
  const segments: SegmentFields[] = [];
  const states: {
    readonly state: number;
    readonly flags: number;
    readonly event: number;
    readonly at: number;
    readonly error: string;
  }[] = [];
  for (let i = 0; i < total; i++) {
    const outcome = r.u8();
    const verdict = r.u8();
    const status = r.u32();
    const state = r.u8();
    const flags = r.u8();
    const event = r.u64();
    const at = r.u64();
    const error = r.text();
    segments.push({ outcome, verdict, status, remoteId: r.text() });
    states.push({ state, flags, event, at, error });
  }
  const fields = {
    guardId,
    submittedAt,
    validUntil,
    linkNumber,
    upstreamNumber,
    senderTon,
    senderNpi,
    sender,
    recipient,
    extension,
  };
  sent.seal(handle, fields, segments, total);
  sent.setFlag(handle, SentFlag.answered, true);
  for (let i = 0; i < total; i++) {
    const one = states[i];
    const remoteId = segments[i]?.remoteId ?? '';
    if (remoteId !== '') sent.index(handle, i, linkNumber, indexKey(remoteId));
    if (one === undefined || one.state === 0) continue;
    sent.setState(handle, i, one.state, one.event, one.at, one.error);
    sent.setSegmentFlag(handle, i, SegmentFlag.durable);
    if ((one.flags & SegmentFlag.upAcked) !== 0) sent.setSegmentFlag(handle, i, SegmentFlag.upAcked);
    else sent.pin(handle, 1);
  }
  return handle;
}
