// What the guard may emit, from the bytes, row by row (transparency §5.1); and the reader of those bytes.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { EmissionContext, EmissionPolicy } from '../../src/egress/facts.ts';
import { checkCommand, checkEmission } from '../../src/egress/policy.ts';
import { reparse } from '../../src/egress/reparse.ts';
import { formatValidity, readValidity } from '../../src/egress/validity.ts';
import { CONCAT, CONTEXT, facts, PART, POLICY, verdict, withOctets } from './emitted.ts';
import { AT, DESTINATION, SOURCE, submitSm, tlv } from './pdu.ts';

test('a plain message and a part pass', () => {
  assert.equal(verdict(submitSm('hello')), 'ok');
  assert.equal(verdict(withOctets({ [AT.esmClass]: 0x40 }, CONCAT), PART), 'ok');
  assert.equal(verdict(withOctets({ [AT.registeredDelivery]: 0 })), 'ok');
});

test('each denied row of the table', () => {
  const rows: [string, Buffer, EmissionContext?, EmissionPolicy?][] = [
    ['esmMode', withOctets({ [AT.esmClass]: 0x01 })],
    ['esmMode', withOctets({ [AT.esmClass]: 0x02 })],
    ['esmStoreAndForward', withOctets({ [AT.esmClass]: 0x03 })],
    ['ok', withOctets({ [AT.esmClass]: 0x03 }), CONTEXT, { ...POLICY, storeAndForward: true }],
    ['esmType', withOctets({ [AT.esmClass]: 0x04 })],
    ['esmType', withOctets({ [AT.esmClass]: 0x20 })],
    ['replyPath', withOctets({ [AT.esmClass]: 0x80 })],
    ['priority', withOctets({ [AT.priorityFlag]: 1 })],
    ['replaceIfPresent', withOctets({ [AT.replaceIfPresentFlag]: 1 })],
    ['smDefaultMsgId', withOctets({ [AT.smDefaultMsgId]: 1 })],
    ['destinationTon', withOctets({ [AT.destTon]: 0 })],
    ['destinationNpi', withOctets({ [AT.destNpi]: 0 })],
    ['sourceForm', withOctets({ [AT.sourceTon]: 1 })],
    ['sourceForm', withOctets({ [AT.sourceNpi]: 8 })],
    ['source', submitSm('hello'), { ...CONTEXT, sourceRegistered: false }],
    ['addressMismatch', submitSm('hello'), { ...CONTEXT, destinationAddr: '41790000002' }],
    ['addressMismatch', submitSm('hello'), { ...CONTEXT, sourceAddr: 'OTHER' }],
    ['contentEmpty', submitSm('')],
    ['contentBlank', submitSm(' \n\r \x1b\x0a ')],
    ['ok', submitSm(' '), { ...PART, segment: 1, segmentTotal: 1 }],
    ['contentLength', submitSm('x'.repeat(161))],
    ['ok', submitSm('x'.repeat(160))],
    ['contentLength', withOctets({ [AT.dataCoding]: 8 }, 'ab'.repeat(71))],
    ['contentLength', withOctets({ [AT.dataCoding]: 8 }, 'abc')],
    ['contentBlank', withOctets({ [AT.dataCoding]: 8 }, Buffer.from('200b0020feff', 'hex'))],
    ['contentBlank', withOctets({ [AT.dataCoding]: 8 }, Buffer.from('db40dc41d83d', 'hex'))],
    ['ok', withOctets({ [AT.dataCoding]: 8 }, Buffer.from('d83dde00', 'hex'))],
    ['contentBlank', withOctets({ [AT.dataCoding]: 3 }, '\xa0\xad\x7f\x01')],
    ['dataCoding', withOctets({ [AT.dataCoding]: 4 }, '\x01')],
    ['ok', withOctets({ [AT.dataCoding]: 4 }, '\x01'), CONTEXT, { ...POLICY, binary: true }],
    ['contentLength', withOctets({ [AT.dataCoding]: 4 }, 'x'.repeat(141)), CONTEXT, { ...POLICY, binary: true }],
    ['messagePayload', submitSm('', [tlv(0x0424, '41')])],
    ['payloadAndShortMessage', submitSm('x', [tlv(0x0424, '41')]), CONTEXT, { ...POLICY, messagePayload: true }],
    ['tlvRepeated', submitSm('x', [tlv(0x0204, '0001'), tlv(0x0204, '0002')])],
    ['tlvRepeated', submitSm('x', new Array<Buffer>(9).fill(tlv(0x0204, '0001')))],
    ['tlvLength', submitSm('x', [tlv(0x0204, '01')])],
    ['sarIncomplete', submitSm('x', [tlv(0x020c, '0001'), tlv(0x020e, '02')]), PART],
    [
      'sarAndUdh',
      submitSm(CONCAT, [tlv(0x020c, '0001'), tlv(0x020e, '02'), tlv(0x020f, '01')], { [AT.esmClass]: 0x40 }),
      PART,
    ],
    ['concatenation', withOctets({ [AT.esmClass]: 0x40 }, CONCAT), CONTEXT],
    ['concatenation', withOctets({ [AT.esmClass]: 0x40 }, CONCAT), { ...PART, segment: 2 }],
    ['concatenation', withOctets({ [AT.esmClass]: 0x40 }, CONCAT), { ...PART, segmentTotal: 3 }],
    ['concatenation', withOctets({ [AT.esmClass]: 0x40 }, Buffer.from('05000342010141', 'hex')), CONTEXT],
    ['concatenation', withOctets({ [AT.esmClass]: 0x40 }, Buffer.from('05000342000041', 'hex')), CONTEXT],
    ['concatenation', submitSm('part without header'), PART],
    ['udhRepeated', withOctets({ [AT.esmClass]: 0x40 }, Buffer.from('0a0003420201000342020141', 'hex')), PART],
    ['udhMalformed', withOctets({ [AT.esmClass]: 0x40 }, Buffer.from('0041', 'hex'))],
    ['udhMalformed', withOctets({ [AT.esmClass]: 0x40 }, Buffer.from('0900034202', 'hex')), PART],
    ['udhMalformed', withOctets({ [AT.esmClass]: 0x40 }, '')],
    ['udhMalformed', withOctets({ [AT.esmClass]: 0x40 }, Buffer.from('04000342020141', 'hex')), PART],
    ['udhNational', withOctets({ [AT.esmClass]: 0x40, [AT.dataCoding]: 8 }, Buffer.from('032401010041', 'hex'))],
    ['ok', withOctets({ [AT.esmClass]: 0x40 }, Buffer.from('0324010141', 'hex'))],
    ['contentBlank', withOctets({ [AT.esmClass]: 0x40 }, CONCAT), { ...PART, contentVisible: false }],
  ];
  for (const [expected, pdu, context, policy] of rows) {
    assert.equal(verdict(pdu, context, policy), expected, pdu.toString('hex'));
  }
  for (let value = 2; value < 256; value += 1) {
    assert.equal(verdict(withOctets({ [AT.registeredDelivery]: value })), 'registeredDelivery');
  }
});

test('times: the schedule is empty, the validity relative, 5 minutes to 72 hours, in one spelling', () => {
  const withValidity = (text: string) => {
    const pdu = submitSm('hello');
    pdu.latin1Write(text, AT.validity);
    return verdict(pdu);
  };
  assert.equal(withValidity('000000000500000R'), 'ok');
  assert.equal(withValidity('000003000000000R'), 'ok');
  for (const bad of [
    '000000000459000R',
    '000003000001000R',
    '000100000000000R',
    '000000250000000R',
    '000000006000000R',
    '000000000500100R',
    '000000000500004R',
    '261125120000000+',
    '00000000050000 R',
  ]) {
    assert.equal(withValidity(bad), 'validity', bad);
  }
  // Schedule: sixteen characters instead of the single NUL.
  const plain = submitSm('hello');
  const scheduled = Buffer.concat([
    plain.subarray(0, AT.scheduleDeliveryTime),
    Buffer.from('000001000000000R'),
    plain.subarray(AT.scheduleDeliveryTime),
  ]);
  scheduled.writeUInt32BE(scheduled.length, 0);
  assert.equal(verdict(scheduled), 'schedule');
  const none = Buffer.concat([plain.subarray(0, AT.validity), plain.subarray(AT.validity + 16)]);
  none.writeUInt32BE(none.length, 0);
  assert.equal(verdict(none), 'validity');
  fc.assert(
    fc.property(fc.integer({ min: -10, max: 400_000 }), (seconds) => {
      const text = formatValidity(seconds);
      assert.equal(readValidity(text), Math.min(259_200, Math.max(300, seconds)));
      assert.equal(withValidity(text), 'ok');
    }),
  );
});

test('commands: only what the list names', () => {
  const allowed = [1, 2, 4, 6, 9, 0x15, 0x80000000, 0x80000005, 0x80000006, 0x80000015, 0x80000103];
  const passed: number[] = [];
  for (const high of [0, 0x80000000]) {
    for (let id = 0; id < 0x20000; id += 1) if (checkCommand(high + id).allowed) passed.push(high + id);
  }
  assert.deepEqual(passed, allowed);
});

test('E-conf: no contract enables a denied item', () => {
  const policy = fc.record({
    binary: fc.boolean(),
    messagePayload: fc.boolean(),
    storeAndForward: fc.boolean(),
    serviceType: fc.constantFrom('', 'CMT', 'WAP', 'USSD', 'VMN', 'VMA', 'X'),
    defaultAlphabet: fc.constantFrom<'gsm' | 'latin1' | 'ascii'>('gsm', 'latin1', 'ascii'),
  });
  const octet = fc.nat(255);
  fc.assert(
    fc.property(
      policy,
      octet,
      octet,
      octet,
      octet,
      octet,
      (contract, protocolId, dataCoding, esmClass, registered, flags) => {
        const octets = {
          [AT.protocolId]: protocolId,
          [AT.dataCoding]: dataCoding,
          [AT.esmClass]: esmClass,
          [AT.registeredDelivery]: registered,
          [AT.priorityFlag]: flags,
        };
        if (verdict(withOctets(octets), CONTEXT, contract) !== 'ok') return;
        assert.equal(protocolId + flags, 0);
        assert.ok([0, 1, 3, 4, 8].includes(dataCoding) && [0, 3].includes(esmClass) && registered <= 1);
      },
    ),
    { numRuns: 2000 },
  );
  for (const serviceType of ['WAP', 'USSD', 'VMN', 'VMA']) {
    facts.serviceType = serviceType;
    const pdu = submitSm('hello');
    assert.equal(reparse(pdu, 0, pdu.length, facts), null);
    facts.serviceType = serviceType;
    const decision = checkEmission(facts, { ...POLICY, serviceType }, CONTEXT);
    assert.ok(!decision.allowed && decision.code === 'serviceType');
  }
});

test('10,000 legitimate messages: none refused', () => {
  let refused = 0;
  for (let i = 0; i < 10_000; i += 1) {
    const text = `Your code is ${(i * 7919) % 1_000_000}. `.padEnd(1 + (i % 160), 'x');
    const coding = [0, 1, 3, 8][i % 4]!;
    const body = coding === 8 ? Buffer.from(text.slice(0, 70), 'utf16le').swap16() : text.slice(0, 160);
    if (verdict(submitSm(body, [], { [AT.dataCoding]: coding })) !== 'ok') refused += 1;
  }
  assert.equal(refused, 0);
});

test('the reader takes whole submit_sm only, wherever they stand in a buffer', () => {
  const pdu = submitSm('hello', [tlv(0x0204, '0007')]);
  const inside = Buffer.concat([Buffer.alloc(7, 0xff), pdu, Buffer.alloc(9, 0xff)]);
  assert.equal(reparse(inside, 7, 7 + pdu.length, facts), null);
  assert.equal(facts.sourceAddr, SOURCE);
  assert.equal(facts.destinationAddr, DESTINATION);
  assert.equal(inside.toString('latin1', facts.userDataStart, facts.userDataEnd), 'hello');
  assert.equal(facts.tlvCount, 1);
  assert.equal(reparse(inside, 7, 8 + pdu.length, facts), 'length');
  assert.equal(verdict(Buffer.from('hello')), 'unread:length');
  const poke = (at: number, value: number) => verdict(submitSm('hello', [], { [at]: value }));
  assert.equal(poke(7, 3), 'unread:commandId');
  assert.equal(poke(11, 1), 'unread:commandStatus');
  assert.equal(poke(15, 0), 'unread:sequenceNumber');
  assert.equal(poke(12, 0x80), 'unread:sequenceNumber');
  assert.equal(poke(AT.smLength, 6), 'unread:field');
  assert.equal(poke(AT.smLength, 4), 'unread:tlv');
  // Every truncation with a corrected length is refused; none is read as something else.
  for (let length = 16; length < pdu.length; length += 1) {
    const cut = Buffer.from(pdu.subarray(0, length));
    cut.writeUInt32BE(length, 0);
    const result = verdict(cut);
    assert.ok(result.startsWith('unread:') || length === pdu.length - 6, `${length} ${result}`);
  }
});

test('a mutated PDU that passes is still one the list allows', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 16, max: 80 }), fc.nat(255)), { minLength: 1, maxLength: 3 }),
      (pokes) => {
        const pdu = submitSm('hello world', [tlv(0x0204, '0007')]);
        for (const [at, value] of pokes) pdu[at] = value;
        if (verdict(pdu) !== 'ok') return;
        assert.equal(facts.protocolId + facts.priorityFlag + facts.replaceIfPresentFlag + facts.smDefaultMsgId, 0);
        assert.equal(facts.destinationAddr, DESTINATION);
        assert.equal(facts.esmClass & 0xbf, 0);
        assert.ok(facts.registeredDelivery <= 1);
        for (let i = 0; i < facts.tlvCount; i += 1) assert.equal(facts.tlvTags[i], 0x0204);
      },
    ),
    { numRuns: 5000 },
  );
});
