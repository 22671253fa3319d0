// Receipts that come before the answer with their id, where suppliers give out ids more than once: each waits for its own message.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SmppPeer } from '../../src/driver/types.ts';
import type { SubmitSm } from '../../src/smpp/pdu.ts';
import { LinkState } from '../../src/smpp/vendor.ts';
import { order } from './orders.ts';
import { Gateway, Supplier } from './peers.ts';
import { linkConfig, runGuard, until } from './rig.ts';

const [ONE, TWO] = ['41790000001', '41790000002'];

/** Two links; suppliers answer when the test says. */
async function setUp() {
  const suppliers = { a: new Supplier(), b: new Supplier() };
  const links = [linkConfig('a', await suppliers.a.open()), linkConfig('b', await suppliers.b.open())];
  const running = await runGuard({ links });
  const gateways = { a: new Gateway(running.port, 'gateway/a'), b: new Gateway(running.port, 'gateway/b') };
  await until('up', () => [gateways.a, gateways.b].every((one) => one.states.at(-1)?.state === LinkState.up));
  const held: { readonly peer: SmppPeer<number>; readonly pdu: SubmitSm }[] = [];
  for (const supplier of [suppliers.a, suppliers.b])
    supplier.onSubmit = (peer, pdu) => void held.push({ peer, pdu: { ...pdu } });
  const { receipts } = running.guard.core;
  return {
    receipts,
    counters: running.guard.core.counters,
    /** An order goes out and gets no answer yet. */
    async goes(link: 'a' | 'b', op: string, to: string): Promise<void> {
      const before = held.length;
      gateways[link].send(order(link, { op, to }));
      await until('out', () => held.length > before);
    },
    async answered(to: string, id: string): Promise<void> {
      const at = held.findIndex(({ pdu }) => pdu.destinationAddr === to);
      const [{ peer, pdu }] = held.splice(at, 1) as [(typeof held)[0]];
      const before = gateways.a.answers.length + gateways.b.answers.length;
      suppliers.a.accept(peer, pdu, id);
      await until('answered', () => gateways.a.answers.length + gateways.b.answers.length > before);
    },
    /** The supplier tells early, and has its answer. */
    async early(link: 'a' | 'b', id: string, from: string): Promise<void> {
      const supplier = suppliers[link];
      const before = supplier.answers.length;
      supplier.receipt(supplier.peers[0] as SmppPeer<number>, id, 'DELIVRD', from);
      await until('taken', () => supplier.answers.length > before);
    },
    told: () => [...gateways.a.receipts, ...gateways.b.receipts].map((one) => one.sourceAddr),
    async end() {
      await gateways.a.stop();
      await gateways.b.stop();
      await running.stop();
      await suppliers.a.server?.close();
      await suppliers.b.server?.close();
    },
  };
}

test('two early receipts of one id to two numbers: each goes up with its own message, and a repeated one is known', async () => {
  const rig = await setUp();
  await rig.goes('a', 'first', ONE);
  await rig.goes('a', 'second', TWO);
  for (const from of [ONE, TWO, ONE]) await rig.early('a', 'same', from);
  assert.equal(rig.receipts.parked, 2);
  assert.equal(rig.counters.receipts_duplicate, 1);
  await rig.answered(ONE, 'same');
  await until('up', () => rig.told().length === 1);
  assert.equal(rig.receipts.parked, 1);
  await rig.answered(TWO, 'same');
  await until('up', () => rig.told().length === 2);
  assert.deepEqual(rig.told(), [ONE, TWO]);
  assert.equal(rig.receipts.parked, 0);
  await rig.end();
});

test('an early receipt of one link is not for the message of another that has the same id and number', async () => {
  const rig = await setUp();
  await rig.goes('b', 'other link', ONE);
  await rig.goes('a', 'its own', TWO);
  await rig.early('a', 'same', ONE);
  await rig.answered(ONE, 'same');
  assert.equal(rig.receipts.parked, 1);
  assert.equal(rig.told().length, 0);
  await rig.end();
});
