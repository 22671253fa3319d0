// Who may bind: from where, with which certificate, and no longer once the configuration says so. And as whom it may send.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccountConfig } from '../../src/gateway/config.ts';
import { accountConfig, gatewayConfig } from './configs.ts';
import { Rig } from './rig.ts';

const BIND_FAILED = 0x0d;

async function bound(changes: Partial<AccountConfig>) {
  const rig = await new Rig(gatewayConfig({ accounts: [accountConfig('acme', changes)] })).start();
  const customer = await rig.customer();
  await rig.pass(20_000);
  return { rig, customer };
}

test('an account binds from its addresses only', async () => {
  const { address } = (await bound({})).rig.net;
  assert.notEqual((await bound({ allowedAddresses: [address] })).customer.peer, null);
  const elsewhere = (await bound({ allowedAddresses: ['203.0.113.0/24'] })).customer;
  assert.deepEqual([elsewhere.peer, elsewhere.refused], [null, BIND_FAILED]);
});

test('an account that names certificates does not bind without one of them', async () => {
  const { customer } = await bound({ certificateFingerprints: ['ab'.repeat(32)] });
  assert.deepEqual([customer.peer, customer.refused], [null, BIND_FAILED]);
});

test('an account that a reload disables, or takes its SMPP access from, is unbound and may not come back', async () => {
  for (const changes of [{ enabled: false }, { smpp: null }] as const) {
    const { rig, customer } = await bound({});
    assert.notEqual(customer.peer, null);
    assert.deepEqual(rig.gateway?.reload(gatewayConfig({ accounts: [accountConfig('acme')] })), []);
    await rig.pass(1000);
    assert.notEqual(customer.peer, null, 'nothing has changed');
    assert.deepEqual(rig.gateway?.reload(gatewayConfig({ accounts: [accountConfig('acme', changes)] })), []);
    await rig.pass(20_000);
    assert.deepEqual([customer.peer, customer.refused], [null, BIND_FAILED]);
  }
});

test('a sender is one of the account as a whole, with its case, and patterns mean no more than they say', async () => {
  const { rig, customer } = await bound({ allowedSenders: ['INFO', 'A.B', 'N?C*'] });
  await rig.credit(1_000_000);
  const statuses: [string, number | undefined][] = [];
  for (const sourceAddr of ['INFO', 'INFO2', 'XINFO', 'info', 'A.B', 'AxB', 'NEC', 'NECxyz', 'NC', 'NEEC']) {
    const token = customer.submit({ sourceAddr });
    await rig.pass(50);
    statuses.push([sourceAddr, customer.answers.get(token)?.status]);
  }
  assert.deepEqual(
    statuses.filter(([, status]) => status === 0).map(([sender]) => sender),
    ['INFO', 'A.B', 'NEC', 'NECxyz'],
  );
  assert.ok(statuses.every(([, status]) => status === 0 || status === 0x0a));
});
