// How many PDUs per second one core decodes and encodes, every field read. `node bench/codec.ts [--json]`, about 8 s.
import { ByteWriter } from '../src/base/bytes.ts';
import { decode } from '../src/smpp/decode.ts';
import { encode } from '../src/smpp/encode.ts';
import { FrameReader } from '../src/smpp/frame.ts';
import { messageIdResp } from '../src/smpp/make.ts';
import { deliverSm, type Pdu, submitSm, type Tlv } from '../src/smpp/pdu.ts';
import { Tag } from '../src/smpp/tlvs.table.ts';

const COUNT = 512;
const ROUNDS_MS = 300;

function samples(make: (i: number) => Pdu): Pdu[] {
  return Array.from({ length: COUNT }, (_, i) => make(i + 1));
}

const text = (i: number): Buffer =>
  Buffer.from(`Your code is ${100_000 + i * 7}. It is valid for five minutes.`.padEnd(40 + (i % 120), '.'), 'latin1');
const number = (i: number): string => `4915${1_000_000_000 + i * 7919}`.slice(0, 13);
const receipt = (i: number): Buffer =>
  Buffer.from(
    `id:${i}a7f3 sub:001 dlvrd:001 submit date:2601011200 done date:2601011201 stat:DELIVRD err:000 text:`,
    'latin1',
  );
const receiptTlvs = (i: number): Tlv[] => [
  { tag: Tag.receiptedMessageId, value: Buffer.from(`${i}a7f3\0`, 'latin1') },
  { tag: Tag.messageState, value: Buffer.from([2]) },
];

const kinds: Readonly<Record<string, Pdu[]>> = {
  submit_sm: samples((i) =>
    submitSm({
      sequence: i,
      sourceAddrTon: 5,
      sourceAddr: 'GLASPOST',
      destAddrTon: 1,
      destAddrNpi: 1,
      destinationAddr: number(i),
      registeredDelivery: 1,
      shortMessage: text(i),
    }),
  ),
  deliver_sm: samples((i) =>
    deliverSm({
      sequence: i,
      sourceAddrTon: 1,
      sourceAddrNpi: 1,
      sourceAddr: number(i),
      destinationAddr: 'GLASPOST',
      esmClass: 4,
      shortMessage: receipt(i),
    }),
  ),
  deliver_sm_tlvs: samples((i) =>
    deliverSm({
      sequence: i,
      sourceAddr: number(i),
      destinationAddr: 'GLASPOST',
      esmClass: 4,
      shortMessage: receipt(i),
      tlvs: receiptTlvs(i),
    }),
  ),
  submit_sm_resp: samples((i) => messageIdResp('submit_sm_resp', i, 0, `${1_000_000 + i}a7f3`)),
  deliver_sm_resp: samples((i) => messageIdResp('deliver_sm_resp', i, 0, '')),
};

/** Reads every mandatory field, so that nothing can be left undone. */
function weigh(pdu: Pdu): number {
  let sum = pdu.commandId + pdu.status + pdu.sequence + pdu.tlvs.length;
  if (pdu.command === 'submit_sm' || pdu.command === 'deliver_sm') {
    sum += pdu.serviceType.length + pdu.sourceAddrTon + pdu.sourceAddrNpi + pdu.sourceAddr.charCodeAt(1);
    sum += pdu.destAddrTon + pdu.destAddrNpi + pdu.destinationAddr.charCodeAt(5);
    sum +=
      pdu.esmClass + pdu.protocolId + pdu.priorityFlag + pdu.scheduleDeliveryTime.length + pdu.validityPeriod.length;
    sum += pdu.registeredDelivery + pdu.replaceIfPresentFlag + pdu.dataCoding + pdu.smDefaultMsgId;
    sum += pdu.shortMessage[pdu.shortMessage.length - 1] as number;
  } else if (pdu.command === 'submit_sm_resp' || pdu.command === 'deliver_sm_resp') sum += pdu.messageId.length;
  return sum;
}

let sink = 0;

/** Best round of PDUs per second. */
function rate(work: () => void): number {
  let best = 0;
  for (let round = 0; round < 3; round++) {
    const start = performance.now();
    let done = 0;
    let spent = 0;
    while (spent < ROUNDS_MS / (round === 0 ? 2 : 1)) {
      for (let i = 0; i < 20; i++) work();
      done += 20 * COUNT;
      spent = performance.now() - start;
    }
    best = Math.max(best, (done / spent) * 1000);
  }
  return Math.round(best);
}

const writer = new ByteWriter(1 << 18);
const results: Record<string, { decodePerS: number; encodePerS: number }> = {};
for (const [name, pdus] of Object.entries(kinds)) {
  writer.reset();
  for (const pdu of pdus) if (!encode(writer, pdu).ok) throw new Error(`${name}: not encoded`);
  const stream = Buffer.from(writer.view());
  const reader = new FrameReader();
  const decodePerS = rate(() => {
    reader.feed(stream);
    while (reader.next()) {
      const decoded = decode(reader.buffer, reader.offset, reader.length);
      if (decoded.kind !== 'pdu') throw new Error(`${name}: ${decoded.kind}`);
      sink += weigh(decoded.pdu);
    }
  });
  const encodePerS = rate(() => {
    writer.reset();
    for (const pdu of pdus) if (!encode(writer, pdu).ok) throw new Error(name);
    sink += writer.length;
  });
  results[name] = { decodePerS, encodePerS };
}

if (process.argv.includes('--json')) console.log(JSON.stringify({ bench: 'codec', node: process.version, results }));
else {
  console.table(results);
  console.log(`checksum ${sink}`);
}
