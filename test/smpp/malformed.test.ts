// The reference's table of malformed input, all but its TLVs (R6, R7; SMPP 3.4 §3.3, §4.3; 5.0 §2.8.2, §4.7.6).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandId } from '../../src/smpp/commands.ts';
import { messageIdResp } from '../../src/smpp/make.ts';
import { submitSm } from '../../src/smpp/pdu.ts';
import { malformed, message, octets, pduOf, raw, read, T } from './wire.ts';

test('unknown request: to be nacked with 0x03 and its number; 3.3-only, vendor and reserved ones too', () => {
  for (const commandId of [0x0a, 0x22, 0x23, 0x24, 0x00010200, 0x7fffffff, 0]) {
    const result = read(raw(commandId, 0, 'junk'));
    assert.deepEqual(result, { kind: 'unknown', commandId, sequence: 0x0a0b0c0d, isResponse: false, carriedStatus: 0 });
  }
});

test('unknown response: no answer', () => {
  for (const commandId of [0x8000000a, 0x80000022, 0x80010200, 0xffffffff, 0x8000000b, 0x80000102]) {
    const result = read(raw(commandId, 7));
    assert.deepEqual(result, { kind: 'unknown', commandId, sequence: 0x0a0b0c0d, isResponse: true, carriedStatus: 7 });
  }
});

test('a body that ends at any octet inside the mandatory fields: own resp with 0x02', () => {
  const whole = octets(
    submitSm({
      serviceType: 'CMT',
      sourceAddr: 'SENDER',
      destinationAddr: '491512345678',
      validityPeriod: '000002000000000R',
      shortMessage: Buffer.from('hello'),
    }),
  );
  for (let length = 16; length < whole.length; length++) {
    const cut = Buffer.from(whole.subarray(0, length));
    cut.writeUInt32BE(length, 0);
    const result = read(cut);
    assert.equal(result.kind, 'malformed', `${length}`);
    if (result.kind === 'malformed') {
      assert.deepEqual([result.status, result.reason, result.answerId], [0x02, 'truncated', 0x80000004]);
    }
  }
  assert.equal(pduOf(whole).command, 'submit_sm');
});

test('unterminated c-string and sm_length beyond the body: own resp with 0x02', () => {
  malformed(raw(CommandId.submit_sm, 0, 'CMT'), 'ESME_RINVCMDLEN', 'serviceType');
  malformed(message(CommandId.submit_sm, { tail: [0, 0, 0, 0, 2, 0x41] }), 'ESME_RINVCMDLEN', 'shortMessage');
  const bad = malformed(message(CommandId.deliver_sm, { tail: [0, 0, 0, 0, 200] }), 'ESME_RINVCMDLEN', 'shortMessage');
  assert.equal(bad.answerId, CommandId.deliver_sm_resp);
});

test('a field too long: own resp with that field’s code', () => {
  const long = `${'9'.repeat(21)}\0`;
  malformed(message(CommandId.submit_sm, { source: long }), 'ESME_RINVSRCADR', 'sourceAddr');
  malformed(message(CommandId.submit_sm, { destination: long }), 'ESME_RINVDSTADR', 'destinationAddr');
  malformed(message(CommandId.submit_sm, { serviceType: 'CMTCMT\0' }), 'ESME_RINVSERTYP', 'serviceType');
  malformed(
    message(CommandId.submit_sm, { schedule: `${'0'.repeat(17)}\0` }),
    'ESME_RINVSCHED',
    'scheduleDeliveryTime',
  );
  malformed(message(CommandId.submit_sm, { validity: `${'0'.repeat(17)}\0` }), 'ESME_RINVEXPIRY', 'validityPeriod');
  malformed(raw(CommandId.query_sm, 0, `${'a'.repeat(65)}\0`, 0, 0, '\0'), 'ESME_RINVMSGID', 'messageId');
  const full = '9'.repeat(20);
  const pdu = pduOf(
    message(CommandId.submit_sm, { source: `${full}\0`, destination: `${full}\0`, serviceType: 'ABCDE\0' }),
  );
  assert.deepEqual(pdu.command === 'submit_sm' && [pdu.sourceAddr, pdu.destinationAddr, pdu.serviceType], [
    full,
    full,
    'ABCDE',
  ]);
});

test('bad characters: own resp with that field’s code; upper Latin1 passes', () => {
  malformed(message(CommandId.submit_sm, { source: 'A\tB\0' }), 'ESME_RINVSRCADR', 'sourceAddr');
  malformed(message(CommandId.submit_sm, { destination: '49\x7f15\0' }), 'ESME_RINVDSTADR', 'destinationAddr');
  malformed(message(CommandId.submit_sm, { serviceType: '\x01\0' }), 'ESME_RINVSERTYP', 'serviceType');
  const pdu = pduOf(message(CommandId.submit_sm, { source: 'J\xf6rg\0' }));
  assert.equal(pdu.command === 'submit_sm' && pdu.sourceAddr, 'J\xf6rg');
});

test('R18 impossible times: 0x61 and 0x62 for a submit, taken as they are in deliver_sm', () => {
  for (const time of [
    '2601010000000+',
    '261301000000000+',
    '260101120000049+',
    '26010112000000zR',
    '260101120000',
    '260101120000000?',
  ]) {
    malformed(message(CommandId.submit_sm, { schedule: `${time}\0` }), 'ESME_RINVSCHED', 'scheduleDeliveryTime');
    malformed(message(CommandId.submit_sm, { validity: `${time}\0` }), 'ESME_RINVEXPIRY', 'validityPeriod');
    const pdu = pduOf(message(CommandId.deliver_sm, { validity: `${time}\0` }));
    assert.equal(pdu.command === 'deliver_sm' && pdu.validityPeriod, time);
  }
  const lenient = pduOf(message(CommandId.submit_sm, { validity: '260101120000\0' }), { lenientTimes: true });
  assert.equal(lenient.command === 'submit_sm' && lenient.validityPeriod, '260101120000');
});

test('sm_length 255: 0x01 below 5.0, taken from 5.0 on', () => {
  const bytes = message(CommandId.submit_sm, { tail: [0, 0, 0, 0, 255, ...new Array<number>(255).fill(0x41)] });
  malformed(bytes, 'ESME_RINVMSGLEN', 'shortMessage');
  const pdu = pduOf(bytes, { version: 0x50 });
  assert.equal(pdu.command === 'submit_sm' && pdu.shortMessage.length, 255);
});

test('R2 bind fields beyond the standard’s length pass up to the cap', () => {
  const fields = (id: string): Buffer =>
    raw(CommandId.bind_transceiver, 0, `${id}\0`, `${'p'.repeat(30)}\0`, '\0', 0x34, 0, 0, '\0');
  const pdu = pduOf(fields('s'.repeat(64)));
  assert.equal(pdu.command === 'bind_transceiver' && pdu.systemId.length, 64);
  const bad = malformed(fields('s'.repeat(65)), 'ESME_RINVSYSID', 'systemId');
  assert.equal(bad.answerId, CommandId.bind_transceiver_resp);
  malformed(fields('s'.repeat(16)), 'ESME_RINVSYSID', 'systemId', { bindFieldMaxChars: 0 });
  malformed(fields('s'), 'ESME_RINVPASWD', 'password', { bindFieldMaxChars: 8 });
});

test('submit_multi: number of destinations and flags', () => {
  const rest = [0, 0, 0, '\0', '\0', 0, 0, 0, 0, 0] as const;
  malformed(raw(CommandId.submit_multi, 0, '\0', 0, 0, '\0', 0, ...rest), 'ESME_RINVNUMDESTS', 'destinations');
  malformed(raw(CommandId.submit_multi, 0, '\0', 0, 0, '\0', 1, 3, '\0', ...rest), 'ESME_RINVDESTFLAG', 'destFlag');
  malformed(
    raw(CommandId.submit_multi, 0, '\0', 0, 0, '\0', 1, 2, `${'l'.repeat(21)}\0`, ...rest),
    'ESME_RINVDLNAME',
    'dlName',
  );
  malformed(raw(CommandId.submit_multi, 0, '\0', 0, 0, '\0', 255, ...rest), 'ESME_RINVNUMDESTS', 'destinations');
  malformed(raw(CommandId.submit_multi, 0, '\0', 0, 0, '\0', 9, 1), 'ESME_RINVCMDLEN', 'destinationAddr');
});

test('octets after a header-only request are ignored', () => {
  for (const commandId of [CommandId.enquire_link, CommandId.unbind]) {
    assert.deepEqual(pduOf(raw(commandId, 0, 'anything')).tlvs, []);
  }
});

test('requests without a response of their own are to be nacked', () => {
  assert.equal(
    malformed(raw(CommandId.outbind, 0, 'x'), 'ESME_RINVCMDLEN', 'systemId').answerId,
    CommandId.generic_nack,
  );
  assert.equal(
    malformed(raw(CommandId.alert_notification, 0, 1), 'ESME_RINVCMDLEN', 'sourceAddrNpi').answerId,
    CommandId.generic_nack,
  );
});

test('responses without body, without id, and refusals with a broken body are taken', () => {
  for (const status of [0, 0x58]) {
    for (const commandId of [CommandId.submit_sm_resp, CommandId.deliver_sm_resp, CommandId.data_sm_resp]) {
      const pdu = pduOf(raw(commandId, status));
      assert.deepEqual([pdu.status, 'messageId' in pdu && pdu.messageId], [status, '']);
    }
    const bound = pduOf(raw(CommandId.bind_transceiver_resp, status));
    assert.equal('systemId' in bound && bound.systemId, '');
    assert.equal(pduOf(raw(CommandId.query_sm_resp, status)).command, 'query_sm_resp');
    assert.equal(pduOf(raw(CommandId.submit_multi_resp, status)).command, 'submit_multi_resp');
  }
  const refused = pduOf(raw(CommandId.submit_sm_resp, 0x0b, 'a\tb\0'));
  assert.deepEqual([refused.status, 'messageId' in refused && refused.messageId], [0x0b, '']);
  const multi = pduOf(raw(CommandId.submit_multi_resp, 0x44, 'id\0', 9));
  assert.deepEqual([multi.status, 'messageId' in multi && multi.messageId], [0x44, '']);
});

test('an answer’s broken TLVs cost no id; one that cannot be read has no answer', () => {
  const whole = octets(messageIdResp('submit_sm_resp', 1, 0, 'id7', [T(0x0425, 3)]));
  const bytes = Buffer.concat([whole, Buffer.from([0, 1, 0, 9])]);
  bytes.writeUInt32BE(bytes.length, 0);
  const pdu = pduOf(bytes);
  assert.deepEqual(['messageId' in pdu && pdu.messageId, pdu.tlvs.length], ['id7', 1]);
  const noNul = pduOf(raw(CommandId.submit_sm_resp, 0, 'id7'));
  assert.equal('messageId' in noNul && noNul.messageId, 'id7');
  const bad = malformed(raw(CommandId.submit_sm_resp, 0, 'x'.repeat(70)), 'ESME_RINVCMDLEN', 'messageId');
  assert.deepEqual([bad.isResponse, bad.answerId, bad.carriedStatus], [true, 0, 0]);
});
