// TLVs that cannot be taken: the rows of the reference's table of malformed input that concern them (R6, R23; SMPP 3.4 §3.3, §5.2.12).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandId } from '../../src/smpp/commands.ts';
import { dataSm } from '../../src/smpp/make.ts';
import { deliverSm, submitSm, type Tlv } from '../../src/smpp/pdu.ts';
import { malformed, octets, pduOf, raw, T } from './wire.ts';

test('1–3 octets left over, and a TLV longer than what is left: 0xC0', () => {
  const whole = octets(submitSm({ shortMessage: Buffer.from('x') }));
  for (const rest of [[0], [2, 4], [2, 4, 0], [2, 4, 0, 2, 9], [4, 0x24, 0xff, 0xff]]) {
    const bytes = Buffer.concat([whole, Buffer.from(rest)]);
    bytes.writeUInt32BE(bytes.length, 0);
    const bad = malformed(bytes, 'ESME_RINVTLVSTREAM', 'tlvs');
    assert.equal(bad.answerId, CommandId.submit_sm_resp);
    assert.equal(pduOf(bytes, { lenientTlvs: true }).tlvs.length, 0);
    assert.equal(pduOf(bytes, { version: 0x33 }).tlvs.length, 0);
  }
});

test('known TLV of a bad length: 0xC2; of a bad value: 0xC4', () => {
  const lengths: readonly Tlv[] = [
    T(0x0204, 1),
    T(0x0204, 1, 2, 3),
    T(0x0005),
    T(0x0017, 0, 0, 0),
    T(0x0202, 1),
    T(0x1204, 1, 2),
    T(0x060f, 0x31, 0x32),
  ];
  for (const one of lengths)
    malformed(octets(submitSm({ tlvs: [one] })), 'ESME_RINVTLVLEN', `0x${one.tag.toString(16).padStart(4, '0')}`);
  const values: readonly Tlv[] = [
    T(0x020e, 0),
    T(0x020f, 0),
    T(0x0304, 100),
    T(0x060f, 0x31, 0x32, 0x33, 0x34, 0x35, 0x41),
  ];
  for (const one of values)
    malformed(octets(submitSm({ tlvs: [one] })), 'ESME_RINVTLVVAL', `0x${one.tag.toString(16).padStart(4, '0')}`);
  malformed(octets(deliverSm({ tlvs: [T(0x001e, 0x31, 0, 0x32, 0)] })), 'ESME_RINVTLVVAL', '0x001e');
  malformed(octets(deliverSm({ tlvs: [T(0x001e)] })), 'ESME_RINVTLVLEN', '0x001e');
});

test('a supplier’s TLVs of odd length are kept when lenient: a receipt is not lost for them', () => {
  const bytes = octets(deliverSm({ esmClass: 4, tlvs: [T(0x001e, 0x31), T(0x060f, 0x31)] }));
  malformed(bytes, 'ESME_RINVTLVLEN', '0x060f');
  assert.equal(pduOf(bytes, { lenientTlvs: true }).tlvs.length, 2);
});

test('missing TLVs: 0xC3', () => {
  const body = ['\0', 0, 0, '\0', '\0', 0, '\0', '\0', 0, 0, 0] as const;
  const area = [0x06, 0x06, 0, 1, 1] as const;
  const type = [0x06, 0x01, 0, 3, 0, 0, 0] as const;
  const repetitions = [0x06, 0x04, 0, 2, 0, 1] as const;
  const interval = [0x06, 0x05, 0, 3, 8, 0, 1] as const;
  malformed(raw(CommandId.broadcast_sm, 0, ...body), 'ESME_RMISSINGTLV', '0x0606');
  malformed(raw(CommandId.broadcast_sm, 0, ...body, ...area, ...type, ...repetitions), 'ESME_RMISSINGTLV', '0x0605');
  assert.equal(
    pduOf(raw(CommandId.broadcast_sm, 0, ...body, ...interval, ...area, ...area, ...type, ...repetitions)).tlvs.length,
    5,
  );
  malformed(octets(submitSm({ tlvs: [T(0x0611, 2)] })), 'ESME_RMISSINGTLV', '0x0612');
  malformed(
    octets(submitSm({ tlvs: [T(0x0611, 2), T(0x0612, ...new Array<number>(10).fill(0x30))] })),
    'ESME_RMISSINGTLV',
    '0x0613',
  );
});

test('forbidden combinations (3.4 §5.2.12): 0xC1', () => {
  const payload = T(0x0424, 0x41);
  malformed(octets(submitSm({ shortMessage: Buffer.from('x'), tlvs: [payload] })), 'ESME_RTLVNOTALLWD', '0x0424');
  pduOf(octets(submitSm({ tlvs: [payload] })));
  for (const one of [T(0x020c, 0, 1), T(0x020e, 2), T(0x020f, 1), T(0x020a, 0, 1), T(0x020b, 0, 1)]) {
    const tag = `0x${one.tag.toString(16).padStart(4, '0')}`;
    malformed(octets(submitSm({ esmClass: 0x40, tlvs: [one] })), 'ESME_RTLVNOTALLWD', tag);
    malformed(octets(dataSm({ esmClass: 0x43, tlvs: [payload, one] })), 'ESME_RTLVNOTALLWD', tag);
    pduOf(octets(submitSm({ esmClass: 0x83, tlvs: [one] })));
  }
  pduOf(octets(submitSm({ esmClass: 0x40, tlvs: [T(0x020d, 1)] })));
});

test('unknown TLVs, and known ones where they are not expected, are ignored whatever they hold', () => {
  const pdu = pduOf(octets(submitSm({ tlvs: [T(0x9999, 1, 2, 3), T(0x0427), T(0x0210, 1, 2, 3), T(0x060c)] })));
  assert.equal(pdu.tlvs.length, 4, 'kept in order, for those who pass them on');
});

test('R23 of a repeated tag the first counts, a bad repetition is ignored; repeatable tags are all looked at', () => {
  pduOf(octets(submitSm({ tlvs: [T(0x0204, 0, 1), T(0x0204, 1)] })));
  malformed(octets(submitSm({ tlvs: [T(0x0204, 1), T(0x0204, 0, 1)] })), 'ESME_RINVTLVLEN', '0x0204');
  malformed(octets(submitSm({ tlvs: [T(0x0381, 1, 2, 3, 4), T(0x0381, 1)] })), 'ESME_RINVTLVLEN', '0x0381');
});

test('no more than the limit of TLVs', () => {
  const tlvs = (count: number): Tlv[] => Array.from({ length: count }, () => T(0x1400));
  assert.equal(pduOf(octets(submitSm({ tlvs: tlvs(512) }))).tlvs.length, 512);
  malformed(octets(submitSm({ tlvs: tlvs(513) })), 'ESME_RINVTLVSTREAM', 'tlvs');
});
