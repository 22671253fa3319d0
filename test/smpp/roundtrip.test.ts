// Encode and decode are each other's reverse for every PDU of the table, and the quick paths equal the table's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteWriter } from '../../src/base/bytes.ts';
import { COMMAND_TABLE, CommandId, type CommandSpec, commandSpec } from '../../src/smpp/commands.ts';
import { decode, decodeByTable } from '../../src/smpp/decode.ts';
import { DEFAULT_DECODE } from '../../src/smpp/decodeBody.ts';
import { encode, encodeByTable, encodeHead } from '../../src/smpp/encode.ts';
import { bind, bindResp, dataSm, headerOnly, messageIdResp, response } from '../../src/smpp/make.ts';
import {
  deliverSm,
  NO_TLVS,
  type Pdu,
  submitSm,
  type Tlv,
  tlv,
  tlvCString,
  tlvU8,
  tlvU16,
  tlvU32,
} from '../../src/smpp/pdu.ts';
import { anyPdu, pduOf } from './arbitrary.ts';

const HOT = ['submit_sm', 'deliver_sm', 'submit_sm_resp', 'deliver_sm_resp'] as const;

function octetsOf(pdu: Pdu, version = 0x50): Buffer {
  const writer = new ByteWriter(32);
  const result = encode(writer, pdu, version);
  assert.deepEqual(result, { ok: true, value: undefined });
  return Buffer.from(writer.view());
}

function decoded(bytes: Buffer, version = 0x50): Pdu {
  const result = decode(bytes, 0, bytes.length, { ...DEFAULT_DECODE, version });
  assert.equal(result.kind, 'pdu', JSON.stringify(result));
  return (result as { pdu: Pdu }).pdu;
}

for (const spec of COMMAND_TABLE) {
  test(`${spec.name}: what is encoded is decoded again, in place, with its length`, () => {
    fc.assert(
      fc.property(pduOf(spec), fc.integer({ min: 0, max: 40 }), (pdu, before) => {
        const writer = new ByteWriter(8);
        for (let i = 0; i < before; i++) writer.u8(0xee);
        assert.equal(encode(writer, pdu, 0x50).ok, true);
        writer.u32(0xdeadbeef);
        const length = writer.length - 4 - before;
        assert.equal(writer.buffer.readUInt32BE(before), length);
        const result = decode(writer.buffer, before, length, { ...DEFAULT_DECODE, version: 0x50 });
        assert.deepEqual(result, { kind: 'pdu', pdu });
      }),
      { numRuns: 200 },
    );
  });
}

test('quick and table encode write the same octets or fail alike, at every version', () => {
  const hot = fc.oneof(...HOT.map((name) => pduOf(commandSpec(CommandId[name]) as CommandSpec)));
  const spoilt = fc.tuple(
    hot,
    fc.constantFrom('', 'sourceAddr', 'destinationAddr', 'serviceType', 'messageId', 'validityPeriod', 'esmClass'),
    fc.constantFrom<unknown>('x'.repeat(70), 'a\u0007', '\u20ac', 'a\0b', 256, -1),
  );
  fc.assert(
    fc.property(spoilt, fc.constantFrom(0x33, 0x34, 0x50), ([pdu, name, value], version) => {
      const draft = (
        name in pdu && typeof value === typeof (pdu as unknown as Record<string, unknown>)[name]
          ? { ...pdu, [name]: value }
          : pdu
      ) as Pdu;
      const quick = new ByteWriter(8);
      const table = new ByteWriter(8);
      assert.deepEqual(encode(quick, draft, version), encodeByTable(table, draft, version));
      assert.equal(quick.view().toString('hex'), table.view().toString('hex'));
    }),
    { numRuns: 2000 },
  );
});

test('quick and table decode see the same in whole, cut and flipped PDUs', () => {
  const hot = fc.oneof(...HOT.map((name) => pduOf(commandSpec(CommandId[name]) as CommandSpec)));
  const damage = fc.array(fc.record({ at: fc.nat(400), octet: fc.integer({ min: 0, max: 255 }) }), { maxLength: 3 });
  const options = fc.record({
    version: fc.constantFrom(0x33, 0x34, 0x50),
    bindFieldMaxChars: fc.constant(64),
    lenientTimes: fc.boolean(),
    lenientTlvs: fc.boolean(),
  });
  let damaged = 0;
  fc.assert(
    fc.property(hot, damage, fc.nat(60), options, (pdu, flips, cut, how) => {
      const bytes = octetsOf(pdu);
      for (const { at, octet } of flips) if (at >= 16 && at < bytes.length) bytes[at] = octet;
      const length = Math.max(16, bytes.length - (cut > 20 ? cut - 20 : 0));
      const result = decode(bytes, 0, length, how);
      if (result.kind !== 'pdu') damaged++;
      assert.deepEqual(result, decodeByTable(bytes, 0, length, how));
    }),
    { numRuns: 4000 },
  );
  assert.ok(damaged > 100, 'the damage must reach the error paths');
});

test('hostile octets of any kind never throw, and what they decode to is bounded by them', () => {
  const ids = [...COMMAND_TABLE.map((spec) => spec.id), 0x0a, 0x22, 0x10200, 0xffffffff];
  fc.assert(
    fc.property(fc.constantFrom(...ids), fc.uint8Array({ maxLength: 300 }), fc.nat(3), (id, body, zeros) => {
      const bytes = Buffer.alloc(16 + body.length + zeros);
      bytes.writeUInt32BE(bytes.length, 0);
      bytes.writeUInt32BE(id, 4);
      bytes.set(body, 16);
      const result = decode(bytes, 0, bytes.length);
      if (result.kind === 'pdu') for (const one of result.pdu.tlvs) assert.ok(one.value.length <= body.length);
      else assert.equal(result.commandId, id);
    }),
    { numRuns: 5000 },
  );
});

test('any mutation of any PDU decodes to a value', () => {
  fc.assert(
    fc.property(anyPdu, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat(30), (pdu, where, octet, cut) => {
      const bytes = octetsOf(pdu);
      bytes[4 + (where % (bytes.length - 4))] = octet;
      decode(bytes, 0, Math.max(16, bytes.length - cut));
    }),
    { numRuns: 3000 },
  );
});

test('R3 a peer below 3.4 gets no TLVs, no long ids, no newer requests; text is never dropped silently', () => {
  const tlvs: Tlv[] = [{ tag: 0x0204, value: Buffer.from([0, 7]) }];
  assert.equal(tlvs.length, decoded(octetsOf(submitSm({ tlvs }))).tlvs.length);
  assert.deepEqual(decoded(octetsOf(submitSm({ tlvs }), 0x33)).tlvs, []);
  const writer = new ByteWriter();
  const payload = submitSm({ tlvs: [{ tag: 0x0424, value: Buffer.from('text') }] });
  assert.deepEqual(encode(writer, payload, 0x33), {
    ok: false,
    error: { code: 'version', field: 'tlvs', limit: 0x34 },
  });
  assert.deepEqual(encode(writer, messageIdResp('submit_sm_resp', 1, 0, '123456789'), 0x33), {
    ok: false,
    error: { code: 'tooLong', field: 'messageId', limit: 8 },
  });
  assert.equal(encode(writer, messageIdResp('submit_sm_resp', 1, 0, '12345678'), 0x33).ok, true);
  writer.reset();
  assert.deepEqual(encode(writer, dataSm({}), 0x33), {
    ok: false,
    error: { code: 'version', field: 'command', limit: 0x34 },
  });
  assert.deepEqual(encode(writer, bind('bind_transceiver', {}), 0x33), {
    ok: false,
    error: { code: 'version', field: 'command', limit: 0x34 },
  });
  assert.equal(writer.length, 0, 'nothing stays behind after an error');
});

test('a refusal without id and TLVs has no body; with TLVs it has one', () => {
  assert.equal(octetsOf(messageIdResp('submit_sm_resp', 1, 0x58, '')).length, 16);
  const refused = messageIdResp('submit_sm_resp', 1, 0x58, '', [{ tag: 0x150d, value: Buffer.from([0, 0, 3, 232]) }]);
  const back = decoded(octetsOf(refused));
  assert.equal(tlvU32(back, 0x150d), 1000);
  assert.equal(
    octetsOf(messageIdResp('deliver_sm_resp', 1, 0, '')).toString('hex'),
    '0000001180000005000000000000000100',
  );
});

test('encode refuses with the field and its limit', () => {
  const cases: readonly [Pdu, string, string, number][] = [
    [submitSm({ sourceAddr: 'x'.repeat(21) }), 'tooLong', 'sourceAddr', 20],
    [submitSm({ destinationAddr: '\n' }), 'character', 'destinationAddr', 0],
    [submitSm({ serviceType: 'CMTCMT' }), 'tooLong', 'serviceType', 5],
    [submitSm({ shortMessage: Buffer.alloc(255) }), 'tooLong', 'shortMessage', 254],
    [submitSm({ validityPeriod: '12' }), 'time', 'validityPeriod', 16],
    [submitSm({ esmClass: 256 }), 'range', 'esmClass', 255],
    [submitSm({ sequence: -1 }), 'range', 'sequence', 0xffff_ffff],
    [submitSm({ tlvs: [{ tag: 1, value: Buffer.alloc(70_000) }] }), 'tooLong', 'tlvs', 0xffff],
    [
      submitSm({ tlvs: [0x1400, 0x1401].map((tag) => ({ tag, value: Buffer.alloc(34_700) })) }),
      'tooLong',
      'tlvs',
      0xffff,
    ],
    [bind('bind_receiver', { password: '123456789' }), 'tooLong', 'password', 8],
  ];
  for (const [pdu, code, field, limit] of cases) {
    const writer = new ByteWriter();
    assert.deepEqual(encode(writer, pdu), { ok: false, error: { code, field, limit } });
    assert.equal(writer.length, 0);
  }
  const writer = new ByteWriter();
  assert.equal(
    encode(writer, bind('bind_receiver', { password: '123456789' }), 0x34, { bindFieldMaxChars: 20 }).ok,
    true,
  );
});

test('response: own response with the number, generic_nack for what has none', () => {
  for (const spec of COMMAND_TABLE) {
    if (spec.isResponse) continue;
    const request = {
      command: spec.name,
      commandId: spec.id,
      status: 0,
      sequence: 77,
      tlvs: NO_TLVS,
    } as unknown as Pdu;
    const answer = response(request, 0x08);
    assert.equal(answer.sequence, 77);
    assert.equal(answer.status, 0x08);
    assert.equal(answer.commandId, spec.responseId === 0 ? 0x80000000 : spec.id + 0x80000000);
    assert.equal(octetsOf(answer).length, 16);
    // In order, too, each answer can be written and read.
    decoded(octetsOf(response(request, 0)));
  }
});

test('makers equal what decode makes of their octets', () => {
  const request = bind('bind_transceiver', { systemId: 'me', sequence: 5 });
  const made: Pdu[] = [
    submitSm({ sourceAddr: 'A', shortMessage: Buffer.from('x') }),
    deliverSm({ esmClass: 4 }),
    request,
    bindResp(request, 0, 'MC', [{ tag: 0x0210, value: Buffer.from([0x34]) }]),
    dataSm({ destinationAddr: '49', tlvs: [{ tag: 0x0424, value: Buffer.from('x') }] }),
    headerOnly('enquire_link', 3),
    messageIdResp('submit_sm_resp', 4, 0, 'id'),
  ];
  for (const pdu of made) {
    const back = decoded(octetsOf(pdu));
    assert.deepEqual(back, pdu);
    assert.deepEqual(Object.keys(back), Object.keys(pdu), 'one hidden class');
  }
  const writer = new ByteWriter();
  encodeHead(writer, 0x80000000, 3, 0xffffffff);
  assert.deepEqual(decoded(Buffer.from(writer.view())), headerOnly('generic_nack', 0xffffffff, 3));
});

test('R23 TLV readers: the first of repeated tags counts, another length is absence, a missing NUL is none', () => {
  const tlvs: Tlv[] = [
    { tag: 0x0204, value: Buffer.from([1, 2]) },
    { tag: 0x0204, value: Buffer.from([3, 4]) },
    { tag: 0x001e, value: Buffer.from('abc', 'latin1') },
    { tag: 0x001d, value: Buffer.from('d\0', 'latin1') },
    { tag: 0x0427, value: Buffer.from([2]) },
  ];
  const pdu = deliverSm({ tlvs });
  assert.equal(tlvU16(pdu, 0x0204), 0x0102);
  assert.equal(tlvU8(pdu, 0x0204), undefined);
  assert.equal(tlvU8(pdu, 0x0427), 2);
  assert.equal(tlvCString(pdu, 0x001e), 'abc');
  assert.equal(tlvCString(pdu, 0x001d), 'd');
  assert.equal(tlv(pdu, 0x9999), undefined);
});
