// The tables themselves: complete, unique, and true to each other and to the shapes of pdu.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMAND_TABLE, CommandId, commandSpec, OldCommandId } from '../../src/smpp/commands.ts';
import { emptyPdu } from '../../src/smpp/decodeBody.ts';
import { deliverSm, submitSm } from '../../src/smpp/pdu.ts';
import { blamesTlvs, STATUS_TABLE, Status, statusName, statusRow, submitVerdict } from '../../src/smpp/status.table.ts';
import { Tag, TLV_TABLE, tlvRow } from '../../src/smpp/tlvs.table.ts';

function unique(values: readonly unknown[]): void {
  assert.equal(new Set(values).size, values.length);
}

test('commands: every name of the union once, every request with its response', () => {
  assert.equal(COMMAND_TABLE.length, 33);
  assert.equal(Object.keys(CommandId).length, 33);
  unique(COMMAND_TABLE.map((one) => one.id));
  unique(COMMAND_TABLE.map((one) => one.name));
  for (const [name, id] of Object.entries(CommandId)) assert.equal(commandSpec(id)?.name, name);
  for (const one of COMMAND_TABLE) {
    unique(one.fields.map((field) => field.name));
    assert.equal(one.isResponse, one.id >= 0x80000000);
    if (one.responseId !== 0) assert.equal(commandSpec(one.responseId)?.name, `${one.name}_resp`);
  }
  const unanswered = COMMAND_TABLE.filter((one) => !one.isResponse && one.responseId === 0).map((one) => one.name);
  assert.deepEqual(unanswered, ['outbind', 'alert_notification']);
});

test('commands: versions and ids of the standard', () => {
  const since = (version: number): string[] =>
    COMMAND_TABLE.filter((one) => one.since === version && !one.isResponse)
      .map((one) => one.name)
      .sort();
  assert.deepEqual(since(0x34), ['alert_notification', 'bind_transceiver', 'data_sm', 'outbind']);
  assert.deepEqual(since(0x50), ['broadcast_sm', 'cancel_broadcast_sm', 'query_broadcast_sm']);
  assert.equal(since(0x33).length, 10);
  for (const id of Object.values(OldCommandId)) assert.equal(commandSpec(id), undefined);
  assert.equal(commandSpec(0x0a), undefined, 'reserved');
});

test('commands: the table names the properties of submit_sm and deliver_sm in the order of their shapes', () => {
  for (const made of [submitSm({}), deliverSm({})]) {
    const spec = commandSpec(made.commandId);
    assert.ok(spec);
    assert.deepEqual(Object.keys(emptyPdu(spec, 0, 0)), Object.keys(made));
    assert.deepEqual(emptyPdu(spec, 0, 0), made);
  }
});

test('statuses: every value and name once, names and values agree', () => {
  assert.equal(STATUS_TABLE.length, 67);
  assert.equal(Object.keys(Status).length, STATUS_TABLE.length);
  unique(Object.values(Status));
  for (const [name, value] of Object.entries(Status)) {
    assert.equal(statusRow(value)?.name, name);
    assert.equal(statusName(value), name);
    assert.match(name, /^ESME_R[A-Z_]+$/);
  }
  const sorted = [...STATUS_TABLE].sort((a, b) => a.value - b.value);
  assert.deepEqual(STATUS_TABLE, sorted);
  assert.equal(statusName(0x455), '0x00000455');
});

test('R10 verdicts of a submit', () => {
  const values = (verdict: string): number[] =>
    STATUS_TABLE.filter((one) => one.verdict === verdict).map((one) => one.value);
  assert.deepEqual(values('done'), [0]);
  assert.deepEqual(values('again'), [0x14, 0x58]);
  assert.deepEqual(values('few'), [0x08, 0x45, 0x64, 0xff, 0x102]);
  assert.deepEqual(values('halt'), [0x04, 0x05, 0x0d, 0x0e, 0x0f, 0x53]);
  assert.deepEqual(
    values('route'),
    [
      0x02, 0x03, 0x06, 0x07, 0x0a, 0x15, 0x42, 0x43, 0x48, 0x49, 0x54, 0x55, 0x63, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0x100,
      0x101, 0x103, 0x104, 0x105, 0x106,
    ],
  );
  assert.equal(submitVerdict(0xfe), 'final');
  assert.equal(submitVerdict(0xfe, 3), 'few');
  assert.equal(submitVerdict(0xfe, 2), 'final');
  for (const unknown of [0x400, 0x4ff, 0x99, 0xffffffff]) assert.equal(submitVerdict(unknown), 'few');
  assert.deepEqual([0xc0, 0xc1, 0xc2, 0xc3, 0xc4].map(blamesTlvs), [false, true, true, false, true]);
});

test('TLVs: every tag and name once, lengths and groups make sense', () => {
  assert.equal(TLV_TABLE.length, 64);
  assert.equal(Object.keys(Tag).length, TLV_TABLE.length);
  unique(Object.values(Tag));
  unique(TLV_TABLE.map((one) => one.name));
  for (const [key, tag] of Object.entries(Tag)) assert.equal(tlvRow(tag)?.key, key);
  const sizes: Readonly<Record<string, number>> = { u8: 1, bits: 1, u16: 2, u32: 4 };
  for (const one of TLV_TABLE) {
    assert.ok(one.minLength <= one.maxLength && one.groups > 0, one.name);
    const size = sizes[one.type];
    if (size !== undefined) assert.deepEqual([one.minLength, one.maxLength], [size, size], one.name);
    assert.equal(
      one.name.replace(/_(\w)/g, (_, c: string) => c.toUpperCase()),
      one.key,
    );
    assert.ok(one.tag < 0x1400, 'vendor tags have no row');
  }
  const repeatable = TLV_TABLE.filter((one) => one.repeatable).map((one) => one.tag);
  assert.deepEqual(repeatable, [0x0302, 0x0303, 0x0381, 0x0606, 0x0607, 0x0608]);
  assert.equal(tlvRow(0x060c), undefined, 'unassigned');
  assert.equal(TLV_TABLE.filter((one) => one.since === 0x50).length, 20);
});
