// The whole grid of what may leave (transparency §5.1, acceptance E-grid): codings, ports, parameters, header elements.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { EmissionContext } from '../../src/egress/facts.ts';
import { checkEmission } from '../../src/egress/policy.ts';
import { emissionFacts, reparse } from '../../src/egress/reparse.ts';
import { CONCAT, CONTEXT, PART, POLICY, verdict } from './emitted.ts';
import { AT, submitSm, tlv } from './pdu.ts';

test('E-grid: of 256 protocol_id × 256 data_coding × 5 headers exactly 8 pass, by the fields and by the bytes', () => {
  const kinds: [name: string, body: Buffer, udh: boolean, context: EmissionContext][] = [
    ['none', Buffer.from('AB'), false, CONTEXT],
    ['concat 8-bit', CONCAT, true, PART],
    ['ports 16-bit', Buffer.from('06050400000b844142', 'hex'), true, CONTEXT],
    ['ports 8-bit', Buffer.from('040402f0f04142', 'hex'), true, CONTEXT],
    ['SIM 70', Buffer.from('0270004142', 'hex'), true, CONTEXT],
  ];
  const passed: string[] = [];
  let combinations = 0;
  let disagreements = 0;
  for (const [name, body, udh, context] of kinds) {
    const pdu = submitSm(body, [], { [AT.esmClass]: udh ? 0x40 : 0 });
    // The fields as the guard's builder would state them, never read from bytes.
    const stated = emissionFacts();
    assert.equal(reparse(pdu, 0, pdu.length, stated), null);
    for (let protocolId = 0; protocolId < 256; protocolId += 1) {
      for (let dataCoding = 0; dataCoding < 256; dataCoding += 1) {
        combinations += 1;
        pdu[AT.protocolId] = protocolId;
        pdu[AT.dataCoding] = dataCoding;
        stated.protocolId = protocolId;
        stated.dataCoding = dataCoding;
        const byFields = checkEmission(stated, POLICY, context).allowed;
        const byBytes = verdict(pdu, context) === 'ok';
        if (byFields !== byBytes) disagreements += 1;
        if (byBytes) passed.push(`${name} ${protocolId} ${dataCoding}`);
      }
    }
  }
  assert.equal(combinations, 327_680);
  assert.equal(disagreements, 0);
  assert.deepEqual(
    passed,
    ['none', 'concat 8-bit'].flatMap((name) => [0, 1, 3, 8].map((coding) => `${name} 0 ${coding}`)),
  );
});

test('E-grid: of 65,536 ports none passes, in the header or as parameters', () => {
  const udh = submitSm(Buffer.from('06050400000b844142', 'hex'), [], { [AT.esmClass]: 0x40 });
  const asTlv = [0x020a, 0x020b].map((tag) => submitSm('hello', [tlv(tag, '0000')]));
  let passed = 0;
  for (let port = 0; port < 65_536; port += 1) {
    udh.writeUInt16BE(port, AT.smLength + 4);
    if (verdict(udh) === 'ok') passed += 1;
    for (const pdu of asTlv) {
      pdu.writeUInt16BE(port, pdu.length - 2);
      if (verdict(pdu) === 'ok') passed += 1;
    }
  }
  assert.equal(passed, 0);
  assert.equal(verdict(udh), 'udhPorts');
  assert.equal(verdict(asTlv[0]!), 'tlvPorts');
});

test('E-grid: of all parameter tags only the five leave', () => {
  const policy = { ...POLICY, messagePayload: true };
  const sar = [tlv(0x020c, '0042'), tlv(0x020e, '02'), tlv(0x020f, '01')];
  const passed: number[] = [];
  for (let tag = 0; tag < 65_536; tag += 1) {
    // sar_* go as three; message_payload stands for the short message.
    const isSar = tag === 0x020c || tag === 0x020e || tag === 0x020f;
    const tlvs = isSar ? sar : [tlv(tag, '4142')];
    const pdu = submitSm(tag === 0x0424 ? '' : 'hello', tlvs);
    if (verdict(pdu, isSar ? PART : CONTEXT, policy) === 'ok') passed.push(tag);
  }
  assert.deepEqual(passed, [0x0204, 0x020c, 0x020e, 0x020f, 0x0424]);
});

test('every header element but concatenation and national tables is denied', () => {
  const passed: number[] = [];
  for (let element = 0; element < 256; element += 1) {
    for (let length = 0; length < 6; length += 1) {
      const value =
        element === 0 || element === 8
          ? Buffer.from('000000000201', 'hex').subarray(6 - length)
          : Buffer.alloc(length, 1);
      const body = Buffer.concat([Buffer.from([length + 2, element, length]), value, Buffer.from('AB')]);
      const pdu = submitSm(body, [], { [AT.esmClass]: 0x40 });
      const context = element === 0 || element === 8 ? { ...PART, segment: 1 } : CONTEXT;
      if (verdict(pdu, context) === 'ok') passed.push(element * 16 + length);
    }
  }
  assert.deepEqual(passed, [0x003, 0x084, 0x241, 0x251]);
});
