// What is spoilt: PDUs of every kind from the table of commands, traffic that the system under test would take, orders with
// right tokens, and a supplier's receipts. All from a seed.
import fc from 'fast-check';
import { ByteWriter } from '../src/base/bytes.ts';
import type { Chance } from '../src/operator/chance.ts';
import { COMMAND_TABLE } from '../src/smpp/commands.ts';
import { encode } from '../src/smpp/encode.ts';
import { bind, dataSm } from '../src/smpp/make.ts';
import { deliverSm, NO_TLVS, type Pdu, submitSm, type Tlv } from '../src/smpp/pdu.ts';
import { order } from '../test/guard/orders.ts';
import { pduOf } from '../test/smpp/arbitrary.ts';
import { type Sample, sampleOf } from './mutate.ts';

const OF_EACH_KIND = 24;
const TRAFFIC = 400;
/** Longer ones come by mutation; short ones make many. */
const OCTETS_MAX = 4000;

/** Of the fuzzing customers: what has a price and a route. */
export const PREFIX = '4917';
export const SENDER = 'FUZZ';

export function octetsOf(pdu: Pdu): Buffer | null {
  const writer = new ByteWriter(256);
  return encode(writer, pdu, 0x50).ok ? Buffer.from(writer.view()) : null;
}

function samplesOf(pdus: readonly Pdu[]): Sample[] {
  return pdus
    .map(octetsOf)
    .filter((octets) => octets !== null && octets.length <= OCTETS_MAX)
    .map((octets) => sampleOf(octets as Buffer));
}

/** Every command but unbind, which is sent where a session is to end. */
export function everyKind(seed: number): Sample[] {
  return COMMAND_TABLE.filter(({ name }) => name !== 'unbind').flatMap((spec, i) =>
    samplesOf(fc.sample(pduOf(spec), { seed: seed + i, numRuns: OF_EACH_KIND })),
  );
}

const recipient = (chance: Chance): string => `${PREFIX}${String(chance.below(1e8)).padStart(8, '0')}`;

function text(chance: Chance, length: number): Buffer {
  const octets = Buffer.alloc(length);
  for (let i = 0; i < length; i++) octets[i] = 0x20 + chance.below(0x5a);
  return octets;
}

/** As customers send it, and as it is accepted: whole, long, in parts by header and by TLVs, UCS-2, to many. */
export function customerTraffic(chance: Chance, withParts = true): Sample[] {
  return samplesOf(Array.from({ length: TRAFFIC }, () => customerPdu(chance, withParts)));
}

function customerPdu(chance: Chance, withParts: boolean): Pdu {
  const to = {
    sourceAddrTon: 5,
    sourceAddr: SENDER,
    destAddrTon: 1,
    destAddrNpi: 1,
    destinationAddr: recipient(chance),
    registeredDelivery: chance.below(4) === 0 ? 0 : 1,
    priorityFlag: chance.below(4),
  };
  const kind = chance.below(withParts ? 10 : 5);
  const tlvs: Tlv[] = [];
  switch (kind) {
    case 5:
    case 6: {
      const header = Buffer.from([5, 0, 3, chance.below(256), 2, 1 + chance.below(2)]);
      return submitSm({ ...to, esmClass: 0x40, shortMessage: Buffer.concat([header, text(chance, 100)]) });
    }
    case 7:
      tlvs.push({ tag: 0x020c, value: Buffer.from([0, chance.below(256)]) });
      tlvs.push({ tag: 0x020e, value: Buffer.from([3]) }, { tag: 0x020f, value: Buffer.from([1 + chance.below(3)]) });
      return submitSm({ ...to, shortMessage: text(chance, 120), tlvs });
    case 8:
      return dataSm({ ...to, tlvs: [{ tag: 0x0424, value: text(chance, 1 + chance.below(300)) }] });
    case 9:
      return {
        ...submitSm({ ...to, shortMessage: text(chance, 40) }),
        command: 'submit_multi',
        commandId: 0x21,
        destinations: Array.from({ length: 1 + chance.below(4) }, () => ({
          destFlag: 1,
          destAddrTon: 1,
          destAddrNpi: 1,
          destinationAddr: recipient(chance),
        })),
      } as unknown as Pdu;
    case 4:
      tlvs.push({ tag: 0x0424, value: text(chance, 161 + chance.below(700)) });
      return submitSm({ ...to, tlvs });
    case 3:
      return submitSm({ ...to, dataCoding: 8, shortMessage: text(chance, 2 * (1 + chance.below(70))) });
    default:
      return submitSm({ ...to, dataCoding: pickCoding(chance), shortMessage: text(chance, 1 + chance.below(160)) });
  }
}

function pickCoding(chance: Chance): number {
  return ([0, 0, 0, 1, 3, 4, 0xf0, 0xf5, 0x18] as const)[chance.below(9)] as number;
}

/** Binds of this account, in order before they are spoilt. */
export function binds(systemId: string, password: string): Sample[] {
  const fields = { systemId, password, interfaceVersion: 0x34 };
  return samplesOf(
    (['bind_transmitter', 'bind_receiver', 'bind_transceiver'] as const).map((command) => bind(command, fields)),
  );
}

/** One order of an upstream with token mode, its op new. */
export function orderSample(link: string, chance: Chance): Sample {
  let op = '';
  for (let i = 0; i < 16; i++) op += String.fromCharCode(0x41 + chance.below(50));
  const made = order(link, {
    op,
    to: recipient(chance),
    text: text(chance, 1 + chance.below(150)).toString('latin1'),
    flags: chance.below(8),
    validitySeconds: 300,
    lane: chance.below(3),
  });
  return sampleOf(octetsOf(made) as Buffer);
}

const STATES = ['DELIVRD', 'UNDELIV', 'EXPIRED', 'REJECTD', 'ACCEPTD', 'ENROUTE', 'UNKNOWN', 'DELETED'];

/** A supplier's receipt for the message it gave this id, or an MO message when there is none. */
export function receiptSample(id: string, chance: Chance): Sample {
  const addresses = {
    sourceAddrTon: 1,
    sourceAddrNpi: 1,
    sourceAddr: recipient(chance),
    destAddrTon: 5,
    destinationAddr: id === '' ? '1234' : SENDER,
  };
  if (id === '') return sampleOf(octetsOf(deliverSm({ ...addresses, shortMessage: text(chance, 40) })) as Buffer);
  const state = STATES[chance.below(3) === 0 ? chance.below(STATES.length) : 0] as string;
  const body = `id:${id} sub:001 dlvrd:001 submit date:2609211234 done date:2609211235 stat:${state} err:000 text:`;
  const tlvs: readonly Tlv[] =
    chance.below(2) === 0
      ? NO_TLVS
      : [
          { tag: 0x001e, value: Buffer.from(`${id}\0`, 'latin1') },
          { tag: 0x0427, value: Buffer.from([2]) },
        ];
  return sampleOf(
    octetsOf(deliverSm({ ...addresses, esmClass: 4, shortMessage: Buffer.from(body, 'latin1'), tlvs })) as Buffer,
  );
}
