// The books: every currency sums to zero, nobody falls below the limit, no hold outlives its message (design, law 5.5).

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { Ledger } from '../../src/ledger/ledger.ts';

test('credit, hold, settle in part, void', () => {
  const ledger = new Ledger();
  const account = ledger.open('acme', 'CHF', 0);
  assert.deepEqual(ledger.credit(account, 1_000_000, 'inv-1'), { ok: true, value: 'booked' });
  assert.equal(ledger.hold(account, 165_000), true);
  assert.deepEqual(ledger.view(account), {
    name: 'acme',
    currency: 'CHF',
    balance: 1_000_000,
    available: 835_000,
    held: 165_000,
    creditLimit: 0,
  });
  ledger.settle(account, 110_000, 55_000);
  ledger.void(account, 55_000);
  const { balance, available, held } = ledger.view(account);
  assert.deepEqual({ balance, available, held }, { balance: 945_000, available: 945_000, held: 0 });
  assert.deepEqual(ledger.house('CHF'), { cash: -1_000_000, revenue: 55_000 });
  assert.equal(ledger.sum('CHF'), 0);
});

test('a credit is booked once per reference', () => {
  const ledger = new Ledger();
  const account = ledger.open('acme', 'CHF', 0);
  const other = ledger.open('bolt', 'CHF', 0);
  ledger.credit(account, 5, 'r');
  assert.deepEqual(ledger.credit(account, 5, 'r'), { ok: true, value: 'repeated' });
  assert.deepEqual(ledger.credit(account, 6, 'r'), { ok: false, error: { code: 'referenceReused', amount: 5 } });
  assert.deepEqual(ledger.credit(other, 6, 'r'), { ok: true, value: 'booked' });
  assert.equal(ledger.view(account).balance, 5);
  const restored = Ledger.restore(JSON.parse(JSON.stringify(ledger.snapshot())));
  assert.deepEqual(restored.credit(account, 5, 'r'), { ok: true, value: 'repeated' });
});

test('limits: prepaid stops at zero, postpaid at its credit limit, a correction too', () => {
  const ledger = new Ledger();
  const prepaid = ledger.open('pre', 'EUR', 0);
  const postpaid = ledger.open('post', 'EUR', 100);
  assert.equal(ledger.hold(prepaid, 1), false);
  assert.equal(ledger.hold(prepaid, 0), true);
  assert.equal(ledger.hold(postpaid, 101), false);
  assert.equal(ledger.hold(postpaid, 100), true);
  assert.equal(ledger.canHold(postpaid, 1), false);
  assert.deepEqual(ledger.credit(postpaid, -1, 'fix'), {
    ok: false,
    error: { code: 'insufficient', available: -100, creditLimit: 100 },
  });
  assert.equal(ledger.view(postpaid).balance, 0);
});

test('broken invariants throw and move nothing', () => {
  const ledger = new Ledger();
  const account = ledger.open('acme', 'CHF', 1000);
  ledger.hold(account, 10);
  const before = ledger.snapshot();
  assert.throws(() => ledger.settle(account, 11, 0));
  assert.throws(() => ledger.settle(account, 5, 6));
  assert.throws(() => ledger.void(account, -1));
  assert.throws(() => ledger.hold(account, 0.5));
  assert.throws(() => ledger.open('acme', 'EUR', 0));
  assert.throws(() => ledger.view(7));
  assert.equal(ledger.credit(account, 0.1, 'x').ok, false);
  assert.equal(ledger.credit(account, Number.MAX_SAFE_INTEGER, 'ok').ok, true);
  assert.equal(ledger.credit(account, 1000, 'y').ok, false);
  assert.equal(ledger.credit(account, -Number.MAX_SAFE_INTEGER, 'back').ok, true);
  const { accounts, houses } = ledger.snapshot();
  assert.deepEqual({ accounts, houses }, { accounts: before.accounts, houses: before.houses });
});

test('a snapshot that does not balance is refused', () => {
  const ledger = new Ledger();
  ledger.credit(ledger.open('acme', 'CHF', 0), 5, 'r');
  const snapshot = ledger.snapshot();
  const [account] = snapshot.accounts;
  assert.ok(account !== undefined);
  assert.throws(() => Ledger.restore({ ...snapshot, accounts: [{ ...account, available: 6 }] }));
});

test('random lives of messages: sum zero and limits at every step, no hold left, revenue = charges', () => {
  const step = fc.record({
    account: fc.nat(2),
    kind: fc.constantFrom('credit', 'hold', 'settle', 'void', 'restore'),
    amount: fc.nat(1000),
    pick: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      let ledger = new Ledger();
      const limits = [0, 500, 0];
      for (const [i, limit] of limits.entries()) ledger.open(`a${i}`, i === 2 ? 'EUR' : 'CHF', limit);
      const holds: { account: number; amount: number }[] = [];
      const paid = [0, 0, 0];
      const charged = [0, 0, 0];
      for (const [i, { account, kind, amount, pick }] of steps.entries()) {
        if (kind === 'credit' && amount > 0) {
          assert.ok(ledger.credit(account, amount, `r${i}`).ok);
          paid[account]! += amount;
        } else if (kind === 'hold') {
          const could = ledger.canHold(account, amount);
          assert.equal(ledger.hold(account, amount), could);
          if (could) holds.push({ account, amount });
        } else if ((kind === 'settle' || kind === 'void') && holds.length > 0) {
          const [hold] = holds.splice(pick % holds.length, 1);
          const charge = kind === 'void' ? 0 : Math.min(amount, hold!.amount);
          if (kind === 'void') ledger.void(hold!.account, hold!.amount);
          else ledger.settle(hold!.account, hold!.amount, charge);
          charged[hold!.account]! += charge;
        } else if (kind === 'restore') {
          ledger = Ledger.restore(ledger.snapshot());
        }
        for (const [j, limit] of limits.entries()) {
          const view = ledger.view(j);
          assert.ok(view.available >= -limit && view.held >= 0);
          assert.equal(view.balance, paid[j]! - charged[j]!);
        }
        assert.equal(ledger.sum('CHF'), 0);
        assert.equal(ledger.sum('EUR'), 0);
      }
      for (const hold of holds) ledger.void(hold.account, hold.amount);
      for (const j of limits.keys()) assert.equal(ledger.view(j).held, 0);
      assert.equal(ledger.house('CHF').revenue, charged[0]! + charged[1]!);
    }),
  );
});
