// A supplier's habits as its configuration tells of them: which receipts are ends, what its errors and its statuses mean.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLAIN_DIALECT } from '../../src/guard/config.ts';
import { refusalVerdict } from '../../src/guard/dialect.ts';
import type { DeliverSm } from '../../src/smpp/pdu.ts';
import { tlv } from '../../src/smpp/pdu.ts';
import { HopTag, OutcomeVerdict } from '../../src/smpp/vendor.ts';
import { setUp } from './one.ts';
import { order } from './orders.ts';
import { until } from './rig.ts';

const NUMBER = '41790000001';

async function sent(dialect = PLAIN_DIALECT) {
  const rig = await setUp({ dialect });
  rig.supplier.onSubmit = (peer, pdu) => rig.supplier.accept(peer, pdu, 'x1');
  const token = rig.gateway.send(order('a', { op: 'receipted', to: NUMBER }));
  await until('answered', () => rig.gateway.answer(token) !== undefined);
  return {
    ...rig,
    /** The supplier tells; resolves when it has its answer. */
    async tells(word: string, more: Partial<DeliverSm> = {}): Promise<void> {
      const before = rig.supplier.answers.length;
      const [peer] = rig.supplier.peers;
      assert.ok(peer);
      rig.supplier.receipt(peer, 'x1', word, NUMBER, 0, more);
      await until('taken', () => rig.supplier.answers.length > before);
      assert.equal(rig.supplier.answers.at(-1)?.status, 0);
    },
  };
}

test('intermediate receipts and ACCEPTD are answered and are no ends; what comes after them is one', async () => {
  const { tells, gateway, running, end } = await sent();
  await tells('DELIVRD', { esmClass: 0x20 });
  await tells('ACCEPTD');
  await tells('ENROUTE');
  assert.equal(running.guard.core.counters.receipts_not_final, 3);
  assert.equal(gateway.receipts.length, 0);
  await tells('UNDELIV');
  await until('up', () => gateway.receipts.length === 1);
  assert.match(gateway.receipts[0]?.shortMessage.toString() ?? '', /stat:UNDELIV/);
  await end();
});

test('ACCEPTD is an end where the supplier means it so', async () => {
  const { tells, gateway, end } = await sent({ ...PLAIN_DIALECT, acceptedIsFinal: true });
  await tells('ACCEPTD');
  await until('up', () => gateway.receipts.length === 1);
  await end();
});

test("a supplier's error goes up, in the words of its table where it stands there", async () => {
  const text = (err: string): Buffer =>
    Buffer.from(`id:x1 sub:001 dlvrd:000 submit date:2611250800 done date:2611250801 stat:UNDELIV err:${err} text:`);
  for (const [err, told] of [
    ['0B7', '0B7'],
    ['042', 'absent'],
  ] as const) {
    const { tells, gateway, end } = await sent({ ...PLAIN_DIALECT, errorTable: new Map([['042', 'absent']]) });
    await tells('UNDELIV', { shortMessage: text(err) });
    await until('up', () => gateway.receipts.length === 1);
    const [up] = gateway.receipts;
    assert.ok(up);
    assert.match(up.shortMessage.toString(), new RegExp(`err:${told} `));
    assert.equal(tlv(up, HopTag.rawError)?.toString(), told);
    await end();
  }
});

test('a status means what the link says, else what the table says', () => {
  const dialect = { ...PLAIN_DIALECT, statusOverrides: new Map([[0x0b, 'retryLater' as const]]) };
  assert.equal(refusalVerdict(PLAIN_DIALECT, 0x0b, undefined), OutcomeVerdict.permanent);
  assert.equal(refusalVerdict(dialect, 0x0b, undefined), OutcomeVerdict.retryLater);
  assert.equal(refusalVerdict(dialect, 0x0a, undefined), OutcomeVerdict.thisRoute);
  assert.equal(refusalVerdict(dialect, 0xfe, 3), OutcomeVerdict.retryLater);
  assert.equal(refusalVerdict(dialect, 0xfe, 2), OutcomeVerdict.permanent);
});
