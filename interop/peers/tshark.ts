// tshark as the second opinion on every octet: PDUs go into a capture file, one TCP flow each, and come back as fields.
import { type Place, program } from '../harness.ts';

export const tsharkNeeds = [program('tshark', 'tshark')];

/** One field that tshark found: its name, where it stands in the PDU, its octets, and what it shows to a person. */
export interface ReadField {
  readonly name: string;
  readonly at: number;
  readonly size: number;
  readonly hex: string;
  readonly shown: string;
}

/** What tshark made of one PDU. */
export interface ReadPdu {
  /** In the order of the octets. */
  readonly fields: readonly ReadField[];
  /** The heading of the whole PDU, e.g. "…, Command: Submit_sm, Seq: 5, Len: 61". */
  readonly heading: string;
  readonly malformed: boolean;
}

const serverPort = 2775;

/** A capture of raw IP packets (link type 101) with one flow per PDU, so that a bad PDU cannot disturb its neighbours. */
export function captureOf(pdus: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [];
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(0x40000, 16);
  head.writeUInt32LE(101, 20);
  parts.push(head);
  for (const [index, pdu] of pdus.entries()) {
    const packet = Buffer.alloc(40 + pdu.length);
    const record = Buffer.alloc(16);
    record.writeUInt32LE(1_000_000 + index, 0);
    record.writeUInt32LE(packet.length, 8);
    record.writeUInt32LE(packet.length, 12);
    packet[0] = 0x45;
    packet.writeUInt16BE(packet.length, 2);
    packet[8] = 64;
    packet[9] = 6;
    // 127.x.y.z and a port of its own make each PDU a flow of its own.
    packet.writeUInt32BE(0x7f000001 + (index >>> 14) * 256, 12);
    packet.writeUInt32BE(0x7f000001, 16);
    packet.writeUInt16BE(20_000 + (index & 0x3fff), 20);
    packet.writeUInt16BE(serverPort, 22);
    packet.writeUInt32BE(1, 24);
    packet[32] = 0x50;
    packet[33] = 0x18;
    packet.writeUInt16BE(0xffff, 34);
    pdu.copy(packet, 40);
    parts.push(record, packet);
  }
  return Buffer.concat(parts);
}

/** Lets tshark read the PDUs; one result for each. */
export async function readWithTshark(place: Place, pdus: readonly Buffer[]): Promise<ReadPdu[]> {
  const capture = place.write('pdus.pcap', captureOf(pdus));
  const decodeAs = `tcp.port==${serverPort},smpp`;
  const pdml = await place.command('tshark', 'tshark', ['-n', '-r', capture, '-d', decodeAs, '-T', 'pdml'], 60_000);
  const packets = pdml.split('<packet>').slice(1);
  return packets.map(readPacket);
}

function readPacket(text: string): ReadPdu {
  const begin = text.indexOf('<proto name="smpp"');
  if (begin < 0) return { fields: [], heading: '', malformed: true };
  const end = text.indexOf('</proto>', begin);
  const body = text.slice(begin, end);
  const proto = /^<proto [^>]*>/.exec(body)?.[0] ?? '';
  const heading = attribute(proto, 'showname');
  const start = Number(attribute(proto, 'pos'));
  const fields = [...body.matchAll(/<field [^>]*>/g)].map(([tag]) => ({
    name: attribute(tag, 'name').replace(/^smpp\./, ''),
    at: Number(attribute(tag, 'pos')) - start,
    size: Number(attribute(tag, 'size')),
    hex: attribute(tag, 'unmaskedvalue') || attribute(tag, 'value'),
    shown: attribute(tag, 'showname') || attribute(tag, 'show'),
  }));
  return { fields, heading, malformed: /_ws\.malformed|_ws\.short/.test(text) };
}

function attribute(tag: string, name: string): string {
  return new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? '';
}
