// What a customer may submit: refused is what could not leave in any form, with the status to answer; what the gateway
// normalises passes (design, law 5.7; transparency §5.1).

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { SubmitFacts, SubmitPolicy } from '../../src/egress/facts.ts';
import { checkContent, checkSubmit } from '../../src/egress/policy.ts';

const NOW = 1_790_000_000_000;
const FACTS: SubmitFacts = {
  serviceType: '',
  destinationAddr: '41790000001',
  sourceRegistered: true,
  esmClass: 0,
  protocolId: 0,
  priorityFlag: 0,
  scheduleAtMs: null,
  expiresAtMs: null,
  registeredDelivery: 1,
  replaceIfPresentFlag: 0,
  dataCoding: 0,
  smDefaultMsgId: 0,
  userData: Buffer.from('hello'),
  tlvTags: [],
};
const POLICY: SubmitPolicy = {
  binary: false,
  serviceTypes: [],
  replacesPending: false,
  transcodes: false,
  unknownTlvs: 'ignore',
  defaultAlphabet: 'gsm',
};

/** `ok`, or code and status in hex. */
function verdict(facts: Partial<SubmitFacts>, policy: Partial<SubmitPolicy> = {}): string {
  const decision = checkSubmit({ ...FACTS, ...facts }, { ...POLICY, ...policy }, NOW);
  return decision.allowed ? 'ok' : `${decision.code} ${decision.status.toString(16)}`;
}

const hex = (text: string) => Buffer.from(text, 'hex');

test('what the gateway normalises passes', () => {
  assert.equal(verdict({}), 'ok');
  for (const esmClass of [0x00, 0x03]) assert.equal(verdict({ esmClass }), 'ok');
  for (const registeredDelivery of [0, 1, 2, 3, 0x10, 0x11, 0x13]) assert.equal(verdict({ registeredDelivery }), 'ok');
  for (const priorityFlag of [0, 1, 2, 3]) assert.equal(verdict({ priorityFlag }), 'ok');
  assert.equal(verdict({ serviceType: 'CMT' }), 'ok');
  assert.equal(verdict({ expiresAtMs: NOW + 1000 }), 'ok');
  assert.equal(verdict({ scheduleAtMs: NOW + 1000, expiresAtMs: NOW + 2000 }), 'ok');
  assert.equal(verdict({ scheduleAtMs: NOW - 30_000 }), 'ok');
  // Own concatenation, whole or in parts; a blank part of a longer message is no blank message.
  for (const userData of [hex('0500034202014142'), hex('0608040042020141'), hex('05000342020120')]) {
    assert.equal(verdict({ esmClass: 0x43, userData }), 'ok');
  }
  assert.equal(verdict({ esmClass: 0x40, userData: hex('0a00034202010003430201ff41') }), 'ok');
  assert.equal(verdict({ esmClass: 0x40, userData: hex('0324010141') }), 'ok');
  assert.equal(verdict({ tlvTags: [0x0204, 0x0424] }), 'ok');
  assert.equal(verdict({ tlvTags: [0x020c, 0x020e, 0x020f], userData: hex('20') }), 'ok');
});

test('each denied row, with its status', () => {
  assert.equal(verdict({ protocolId: 0x40 }), 'protocolId 45');
  assert.equal(verdict({ esmClass: 0x01 }), 'esmMode 43');
  assert.equal(verdict({ esmClass: 0x02 }), 'esmMode 43');
  assert.equal(verdict({ esmClass: 0x04 }), 'esmType 43');
  assert.equal(verdict({ esmClass: 0x83 }), 'replyPath 43');
  assert.equal(verdict({ registeredDelivery: 0x04 }), 'registeredDelivery 7');
  assert.equal(verdict({ registeredDelivery: 0x08 }), 'registeredDelivery 7');
  assert.equal(verdict({ registeredDelivery: 0x20 }), 'registeredDelivery 7');
  assert.equal(verdict({ priorityFlag: 4 }), 'priority 6');
  assert.equal(verdict({ replaceIfPresentFlag: 1 }), 'replaceIfPresent 54');
  assert.equal(verdict({ replaceIfPresentFlag: 1 }, { replacesPending: true }), 'ok');
  assert.equal(verdict({ replaceIfPresentFlag: 2 }, { replacesPending: true }), 'replaceIfPresent 54');
  assert.equal(verdict({ smDefaultMsgId: 1 }), 'smDefaultMsgId 63');
  for (const serviceType of ['WAP', 'USSD', 'VMN', 'VMA', 'ABC']) {
    assert.equal(verdict({ serviceType }), 'serviceType 15');
    if (serviceType !== 'ABC')
      assert.equal(verdict({ serviceType }, { serviceTypes: [serviceType] }), 'serviceType 15');
  }
  assert.equal(verdict({ serviceType: 'ABC' }, { serviceTypes: ['ABC'] }), 'ok');
  assert.equal(verdict({ sourceRegistered: false }), 'source a');
  for (const destinationAddr of ['', '411234', '0790000001', '4179000000112345', '41x90000001']) {
    assert.equal(verdict({ destinationAddr }), 'destination b');
  }
  assert.equal(verdict({ scheduleAtMs: NOW - 61_000 }), 'scheduleInPast 61');
  assert.equal(verdict({ expiresAtMs: NOW }), 'validityInPast 62');
  assert.equal(verdict({ scheduleAtMs: NOW + 5000, expiresAtMs: NOW + 5000 }), 'validityInPast 62');
  assert.equal(verdict({ userData: hex('') }), 'contentEmpty 45');
  assert.equal(verdict({ userData: hex('200a0d1b0a') }), 'contentBlank 45');
  assert.equal(verdict({ esmClass: 0x40, userData: hex('06050423f0000041') }), 'udhPorts 45');
  assert.equal(verdict({ esmClass: 0x40, userData: hex('0404020000') }), 'udhPorts 45');
  assert.equal(verdict({ esmClass: 0x40, userData: hex('0401020801') }), 'udhElement 45');
  assert.equal(verdict({ esmClass: 0x40, userData: hex('0270004141') }), 'udhElement 45');
  assert.equal(verdict({ esmClass: 0x40, userData: hex('0500034202') }), 'udhMalformed 45');
  assert.equal(verdict({ esmClass: 0x40, dataCoding: 8, userData: hex('032401010041') }), 'udhNational 45');
  const sar = [0x020c, 0x020e, 0x020f];
  assert.equal(verdict({ esmClass: 0x40, userData: hex('0500034202014142'), tlvTags: sar }), 'sarAndUdh c1');
  // A header that says nothing about parts does not excuse a blank text.
  assert.equal(verdict({ esmClass: 0x40, userData: hex('05000342000020') }), 'contentBlank 45');
  assert.equal(verdict({ esmClass: 0x40, userData: hex('05000342010120') }), 'contentBlank 45');
});

test('of 256 data_codings only those that can leave are taken', () => {
  const taken = (policy: Partial<SubmitPolicy>) => {
    const codings: number[] = [];
    for (let dataCoding = 0; dataCoding < 256; dataCoding += 1) {
      const result = verdict({ dataCoding, userData: hex('00410042') }, policy);
      if (result === 'ok') codings.push(dataCoding);
      else assert.equal(result, 'dataCoding 104');
    }
    return codings;
  };
  assert.deepEqual(taken({}), [0, 1, 3, 8]);
  assert.deepEqual(taken({ binary: true }), [0, 1, 2, 3, 4, 8]);
  assert.deepEqual(taken({ transcodes: true }), [0, 1, 3, 6, 7, 8]);
});

test('parameters that change the meaning are refused, unknown ones are ignored unless the account wants it strict', () => {
  const denied = [
    0x05, 0x06, 0x07, 0x08, 0x0d, 0x0e, 0x0f, 0x10, 0x17, 0x19, 0x30, 0x201, 0x202, 0x203, 0x205, 0x20a, 0x20b, 0x20d,
    0x302, 0x303, 0x304, 0x381, 0x421, 0x501, 0x1201, 0x1203, 0x1204, 0x130c, 0x1380, 0x1383,
  ];
  const refused: number[] = [];
  const strict: number[] = [];
  for (let tag = 0; tag < 65_536; tag += 1) {
    if (verdict({ tlvTags: [tag] }) !== 'ok') refused.push(tag);
    if (verdict({ tlvTags: [tag] }, { unknownTlvs: 'refuse' }) === 'ok') strict.push(tag);
  }
  assert.deepEqual(refused, denied);
  assert.deepEqual(strict, [0x0204, 0x020c, 0x020e, 0x020f, 0x0424]);
  assert.equal(verdict({ tlvTags: [0x020b] }), 'tlvPorts c1');
  assert.equal(verdict({ tlvTags: [0x0421] }), 'tlv c1');
  // more_messages_to_send on the parts of a long message (Kannel): taken, and dropped.
  assert.equal(verdict({ tlvTags: [0x0426] }), 'ok');
});

test('the reason names the rule and the value, never the message', () => {
  const decision = checkSubmit({ ...FACTS, protocolId: 0x40 }, POLICY, NOW);
  assert.ok(!decision.allowed);
  assert.match(decision.reason, /^protocol_id .*\(0x40\)$/);
  const blank = checkContent(Buffer.from('   '), 0, 3, 0, POLICY);
  assert.ok(!blank.allowed && blank.code === 'contentBlank');
  assert.equal(checkContent(Buffer.from([1]), 0, 1, 2, POLICY).allowed, true);
});

test('any octets as user data are decided without an exception', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom(0, 1, 2, 3, 4, 6, 7, 8),
      fc.boolean(),
      (userData, dataCoding, udh) => {
        const policy = { binary: true, transcodes: true };
        assert.equal(typeof verdict({ userData, dataCoding, esmClass: udh ? 0x40 : 0 }, policy), 'string');
      },
    ),
    { numRuns: 2000 },
  );
});
