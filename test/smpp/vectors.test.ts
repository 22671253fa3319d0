// Other stacks' PDUs and recordings of live peers: what we decode must agree, field by field, with an independent dissector
// and with what the source's own test asserts. The vectors live outside the project; without them this is skipped.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ByteWriter } from '../../src/base/bytes.ts';
import { type Decoded, decode, decodeByTable } from '../../src/smpp/decode.ts';
import { DEFAULT_DECODE } from '../../src/smpp/decodeBody.ts';
import { encode } from '../../src/smpp/encode.ts';
import { FrameReader } from '../../src/smpp/frame.ts';
import { type Pdu, tlv, tlvCString } from '../../src/smpp/pdu.ts';
import { parseTime } from '../../src/smpp/time.ts';
import { Tag } from '../../src/smpp/tlvs.table.ts';

type Fields = Readonly<Record<string, string | readonly string[]>>;

interface Vector {
  readonly hex: string;
  readonly test?: string;
  readonly session?: string;
  readonly framing?: 'exact' | 'trailing' | 'short';
  readonly tshark: Fields | null;
  readonly asserted?: Readonly<Record<string, unknown>> | null;
}

const folder = new URL('../../../shared/vectors/', import.meta.url);
const skip = !existsSync(folder) && 'vectors are not present';

function load(): Vector[] {
  const json = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
  return [...(json('pdus.json') as Vector[]), ...(json('captures.json') as { pdus: Vector[] }).pdus];
}

/** The one PDU of a vector, cut by the frame reader; null when its octets are not all there. */
function read(vector: Vector): { readonly bytes: Buffer; readonly decoded: Decoded } | null {
  const reader = new FrameReader();
  reader.feed(Buffer.from(vector.hex, 'hex'));
  if (!reader.next()) return null;
  const bytes = reader.buffer.subarray(reader.offset, reader.offset + reader.length);
  return { bytes, decoded: decode(reader.buffer, reader.offset, reader.length) };
}

const name = (vector: Vector): string => `${vector.test ?? vector.session} ${vector.hex.slice(0, 60)}`;
const octets = (text: string): string => text.replaceAll(':', '');
const dissectedTime = (text: string): number =>
  Date.parse(`${text.slice(0, -' UTC'.length).replace(/\.(\d{3})\d+$/, '.$1')}Z`);

/** Where the destination stands: in the PDU, or in the one address of a submit_multi. */
const addressed = (pdu: Pdu & Record<string, unknown>): Record<string, unknown> =>
  pdu.command === 'submit_multi' ? { ...pdu.destinations.find((one) => one.destFlag === 1) } : pdu;

/** Dissector's field → our value in its notation. Fields of its own making (groups, texts of flags) have no entry. */
const SAME: Readonly<Record<string, (pdu: Pdu & Record<string, unknown>) => unknown>> = {
  'smpp.command_id': (pdu) => Number(pdu.commandId),
  'smpp.command_status': (pdu) => pdu.status,
  'smpp.sequence_number': (pdu) => pdu.sequence,
  'smpp.source_addr_ton': (pdu) => pdu['sourceAddrTon'],
  'smpp.source_addr_npi': (pdu) => pdu['sourceAddrNpi'],
  'smpp.dest_addr_ton': (pdu) => addressed(pdu)['destAddrTon'],
  'smpp.dest_addr_npi': (pdu) => addressed(pdu)['destAddrNpi'],
  'smpp.esme_addr_ton': (pdu) => pdu['esmeAddrTon'],
  'smpp.esme_addr_npi': (pdu) => pdu['esmeAddrNpi'],
  'smpp.addr_ton': (pdu) => pdu['addrTon'],
  'smpp.addr_npi': (pdu) => pdu['addrNpi'],
  'smpp.interface_version': (pdu) => pdu['interfaceVersion'],
  'smpp.protocol_id': (pdu) => pdu['protocolId'],
  'smpp.priority_flag': (pdu) => pdu['priorityFlag'],
  'smpp.replace_if_present_flag': (pdu) => pdu['replaceIfPresentFlag'],
  'smpp.data_coding': (pdu) => pdu['dataCoding'],
  'smpp.sm_default_msg_id': (pdu) => pdu['smDefaultMsgId'],
  'smpp.error_code': (pdu) => pdu['errorCode'],
  'smpp.sm_length': (pdu) => (pdu['shortMessage'] as Buffer).length,
  'smpp.esm.submit.msg_mode': (pdu) => (pdu['esmClass'] as number) & 0x03,
  'smpp.esm.submit.msg_type': (pdu) => ((pdu['esmClass'] as number) >> 2) & 0x0f,
  'smpp.esm.submit.features': (pdu) => (pdu['esmClass'] as number) >> 6,
  'smpp.regdel.receipt': (pdu) => (pdu['registeredDelivery'] as number) & 0x03,
  'smpp.regdel.acks': (pdu) => ((pdu['registeredDelivery'] as number) >> 2) & 0x03,
  'smpp.regdel.notif': (pdu) => ((pdu['registeredDelivery'] as number) >> 4) & 0x01,
  'smpp.SC_interface_version': (pdu) => tlv(pdu, Tag.scInterfaceVersion)?.[0],
  'smpp.message_state': (pdu) => (pdu.command === 'query_sm_resp' ? pdu.messageState : tlv(pdu, Tag.messageState)?.[0]),
  'smpp.network_error.type': (pdu) => tlv(pdu, Tag.networkErrorCode)?.[0],
  'smpp.network_error.code': (pdu) => tlv(pdu, Tag.networkErrorCode)?.readUInt16BE(1),
  'smpp.more_messages_to_send': (pdu) => tlv(pdu, Tag.moreMessagesToSend)?.[0],
  'smpp.source_network_type': (pdu) => tlv(pdu, Tag.sourceNetworkType)?.[0],
  'smpp.dest_network_type': (pdu) => tlv(pdu, Tag.destNetworkType)?.[0],
  'smpp.destination_port': (pdu) => tlv(pdu, Tag.destinationPort)?.readUInt16BE(0),
  'smpp.system_id': (pdu) => pdu['systemId'],
  'smpp.password': (pdu) => pdu['password'],
  'smpp.system_type': (pdu) => pdu['systemType'],
  'smpp.address_range': (pdu) => pdu['addressRange'],
  'smpp.source_addr': (pdu) => pdu['sourceAddr'],
  'smpp.destination_addr': (pdu) => addressed(pdu)['destinationAddr'],
  'smpp.esme_addr': (pdu) => pdu['esmeAddr'],
  'smpp.message_id': (pdu) => pdu['messageId'],
  'smpp.receipted_message_id': (pdu) => tlvCString(pdu, Tag.receiptedMessageId),
  'smpp.source_network_id': (pdu) => tlvCString(pdu, Tag.sourceNetworkId),
};

function compare(vector: Vector, pdu: Pdu, bytes: Buffer): number {
  const ours = pdu as Pdu & Record<string, unknown>;
  let compared = 0;
  for (const [field, theirs] of Object.entries(vector.tshark ?? {})) {
    const where = `${name(vector)} ${field}`;
    const mapped = SAME[field];
    if (mapped !== undefined) {
      assert.equal(typeof theirs, 'string', where);
      const value = mapped(ours);
      assert.equal(value, typeof value === 'number' ? Number(theirs) : theirs, where);
    } else if (field === 'smpp.command_length') assert.equal(bytes.length, Number(theirs), where);
    else if (field === 'smpp.service_type')
      assert.equal(ours['serviceType'], theirs === '(Default)' ? '' : theirs, where);
    else if (field === 'smpp.message')
      assert.equal((ours['shortMessage'] as Buffer).toString('hex'), octets(theirs as string), where);
    else if (field === 'smpp.message_payload')
      assert.equal(tlv(pdu, Tag.messagePayload)?.toString('hex'), octets(theirs as string), where);
    else if (field === 'smpp.source_subaddress')
      assert.equal(tlv(pdu, Tag.sourceSubaddress)?.toString('hex'), octets(theirs as string), where);
    else if (field === 'smpp.source_node_id')
      assert.equal(tlv(pdu, Tag.sourceNodeId)?.toString('hex'), octets(theirs as string), where);
    else if (field === 'smpp.opt_param_tag')
      assert.deepEqual(
        pdu.tlvs.map((one) => one.tag),
        [theirs].flat().map(Number),
        where,
      );
    // The dissector leaves some of a row of equal lengths out.
    else if (field === 'smpp.opt_param_len')
      assert.deepEqual(new Set(pdu.tlvs.map((one) => one.value.length)), new Set([theirs].flat().map(Number)), where);
    else if (field === 'smpp.vendor_op' || field === 'smpp.reserved_op') {
      const values = pdu.tlvs.map((one) => one.value.toString('hex'));
      for (const value of [theirs].flat()) assert.ok(values.includes(octets(value)), where);
    } else if (field === 'smpp.schedule_delivery_time' || field === 'smpp.validity_period') {
      const time = parseTime(
        ours[field === 'smpp.validity_period' ? 'validityPeriod' : 'scheduleDeliveryTime'] as string,
      );
      // The dissector shows local time; ours is UTC. These vectors have no offset.
      assert.deepEqual(time, { kind: 'absolute', utcMs: dissectedTime(theirs as string) }, where);
    } else continue;
    compared++;
  }
  return compared;
}

/** Where we differ from the dissector on purpose: octets, and what we say. All other vectors decode to a PDU. */
const REFUSED: readonly {
  readonly vector: string;
  readonly status: number;
  readonly field: string;
  readonly why: string;
}[] = [
  {
    vector: 'decodeDeliverSmNetforsDeliveryReceiptTriggeredErrorInLegacySmppLibrary',
    status: 0xc0,
    field: 'tlvs',
    why: 'a TLV longer than what is left',
  },
  {
    vector: 'decodeDeliverSMWithCorrectTotalByteLengthButInvalidShortMessageLength',
    status: 0x02,
    field: 'shortMessage',
    why: 'sm_length beyond the body',
  },
  { vector: 'main', status: 0xc1, field: '0x020b', why: 'destination_port with UDHI' },
  { vector: 'TestKey', status: 0x02, field: 'serviceType', why: 'no body' },
  {
    vector: 'test_unknown_tag_value_0x60D',
    status: 0xc2,
    field: '0x060f',
    why: 'source_node_id has 6 digits in 5.0, here 5',
  },
  {
    vector: 'node-smpp 0.5.1 (client) <-> osmo-msc 1.9.0 (server)',
    status: 0xc1,
    field: '0x0424',
    why: 'message_payload with short_message; the dissector warns',
  },
];

test('every vector decodes field by field as the dissector reads it, or is refused for the reason noted', {
  skip,
}, () => {
  const vectors = load();
  let fields = 0;
  let pdus = 0;
  const refused = new Set<string>();
  for (const vector of vectors) {
    const one = read(vector);
    if (one === null) {
      assert.equal(vector.framing, 'short', name(vector));
      continue;
    }
    if (one.decoded.kind === 'malformed') {
      const { status, field } = one.decoded;
      const known = REFUSED.find(
        (row) => row.vector === (vector.test ?? vector.session) && row.status === status && row.field === field,
      );
      assert.ok(known, `${name(vector)} ${JSON.stringify(one.decoded)}`);
      refused.add(known.vector);
      continue;
    }
    assert.equal(one.decoded.kind, 'pdu', name(vector));
    if (one.decoded.kind !== 'pdu') continue;
    pdus++;
    fields += compare(vector, one.decoded.pdu, one.bytes);
    assert.deepEqual(decodeByTable(one.bytes, 0, one.bytes.length), one.decoded, name(vector));
  }
  assert.equal(refused.size, REFUSED.length);
  assert.ok(pdus >= 157 && fields > 1500, `${pdus} PDUs, ${fields} fields`);
});

test('a supplier’s receipt with an odd TLV is kept when lenient, and agrees with the dissector', { skip }, () => {
  const vector = load().find((one) => one.test === 'test_unknown_tag_value_0x60D') as Vector;
  const bytes = Buffer.from(vector.hex, 'hex');
  const result = decode(bytes, 0, bytes.length, { ...DEFAULT_DECODE, lenientTlvs: true });
  assert.equal(result.kind, 'pdu');
  if (result.kind === 'pdu') assert.ok(compare(vector, result.pdu, bytes) > 20);
});

test('what other stacks assert of their PDUs holds for ours', { skip }, () => {
  const map: Readonly<Record<string, string>> = {
    CommandStatus: 'status',
    SequenceNumber: 'sequence',
    MessageId: 'messageId',
    SystemId: 'systemId',
    Password: 'password',
    SystemType: 'systemType',
    InterfaceVersion: 'interfaceVersion',
    ServiceType: 'serviceType',
    SourceAddress_Ton: 'sourceAddrTon',
    SourceAddress_Npi: 'sourceAddrNpi',
    SourceAddress_Address: 'sourceAddr',
    DestAddress_Ton: 'destAddrTon',
    DestAddress_Npi: 'destAddrNpi',
    DestAddress_Address: 'destinationAddr',
    EsmeAddress_Address: 'esmeAddr',
    EsmClass: 'esmClass',
    ProtocolId: 'protocolId',
    Priority: 'priorityFlag',
    ScheduleDeliveryTime: 'scheduleDeliveryTime',
    ValidityPeriod: 'validityPeriod',
    RegisteredDelivery: 'registeredDelivery',
    ReplaceIfPresent: 'replaceIfPresentFlag',
    DataCoding: 'dataCoding',
    DefaultMsgId: 'smDefaultMsgId',
    FinalDate: 'finalDate',
    MessageState: 'messageState',
    ErrorCode: 'errorCode',
  };
  let compared = 0;
  for (const vector of load()) {
    const one = read(vector);
    if (one?.decoded.kind !== 'pdu') continue;
    const ours = one.decoded.pdu as Pdu & Record<string, unknown>;
    for (const [key, asserted] of Object.entries(vector.asserted ?? {})) {
      const property = map[key];
      // Constants by name are not values.
      if (property === undefined || !(property in ours) || `${asserted}`.startsWith('SmppConstants')) continue;
      // That stack gives no id where the NUL is missing; we read what is there.
      if (vector.test === 'decodeSubmitSmRespWithNoNullByteForMessageId' && key === 'MessageId') {
        assert.equal(ours[property], '9');
        continue;
      }
      // That stack's sequence numbers are signed.
      const expected = asserted === null ? '' : typeof ours[property] === 'number' ? Number(asserted) >>> 0 : asserted;
      assert.equal(ours[property], expected, `${name(vector)} ${key}`);
      compared++;
    }
  }
  assert.ok(compared > 250, `${compared}`);
});

test('what was decoded is encoded to the same octets again', { skip }, () => {
  let same = 0;
  for (const vector of load()) {
    const one = read(vector);
    if (one?.decoded.kind !== 'pdu') continue;
    const { pdu } = one.decoded;
    const writer = new ByteWriter();
    const result = encode(writer, pdu, 0x50, { bindFieldMaxChars: 64 });
    assert.deepEqual(result, { ok: true, value: undefined }, name(vector));
    // An answer without a body, or without its NUL, is written in full; a refusal with nothing but a NUL, without a body.
    const full = 'messageId' in pdu && writer.length - one.bytes.length === 1;
    const bare = pdu.status !== 0 && writer.length === 16 && one.bytes.length === 17;
    if (full || bare) continue;
    assert.equal(writer.view().toString('hex'), one.bytes.toString('hex'), name(vector));
    same++;
  }
  assert.ok(same > 145, `${same}`);
});
