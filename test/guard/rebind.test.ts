// When the guard leaves a session of its own accord and binds anew: a supplier that finds our bind at fault, and numbers near their end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LinkState, OutcomeClass } from '../../src/smpp/vendor.ts';
import { setUp } from './one.ts';
import { order } from './orders.ts';
import { until } from './rig.ts';

test('a status that finds our bind at fault ends the bind; the next one takes what comes', async () => {
  const { supplier, gateway, end } = await setUp();
  const accept = supplier.onSubmit;
  supplier.onSubmit = (peer, pdu) => {
    supplier.onSubmit = accept;
    peer.respondStatus(pdu.sequence, pdu.commandId, 0x0e);
  };
  const token = gateway.send(order('a', { op: 'at fault' }));
  await until('bound anew', () => supplier.commands.length === 2 && gateway.states.at(-1)?.state === LinkState.up);
  assert.equal(gateway.answer(token)?.outcomes?.[0]?.outcome, OutcomeClass.refused);
  const next = gateway.send(order('a', { op: 'then' }));
  await until('answered', () => gateway.answer(next) !== undefined);
  assert.equal(gateway.answer(next)?.outcomes?.[0]?.outcome, OutcomeClass.accepted);
  await end();
});

test('a session is left long before its numbers end', async () => {
  const { supplier, gateway, running, end } = await setUp();
  const [bind] = running.guard.core.links.get(0).binds;
  assert.ok(bind);
  const accept = supplier.onSubmit;
  supplier.onSubmit = (peer, pdu) => {
    supplier.onSubmit = accept;
    bind.lastSequence = 0x7000_0000;
    accept(peer, pdu);
  };
  const last = gateway.send(order('a', { op: 'last' }));
  await until('bound anew', () => supplier.commands.length === 2 && gateway.states.at(-1)?.state === LinkState.up);
  assert.equal(gateway.answer(last)?.outcomes?.[0]?.outcome, OutcomeClass.accepted, 'what was open has its answer');
  const next = gateway.send(order('a', { op: 'next' }));
  await until('answered', () => gateway.answer(next) !== undefined);
  assert.equal(supplier.sequences.at(-1), 2);
  await end();
});
