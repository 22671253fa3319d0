// A new text for a message that waits: it must not be acknowledged unless it can leave as it says, in the customer's own alphabet.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageFlag } from '../../src/gateway/layout.ts';
import { Tag } from '../../src/smpp/tlvs.table.ts';
import { accountConfig, gatewayConfig } from './configs.ts';
import { replacePdu } from './pdus.ts';
import { Rig } from './rig.ts';

const HOUR_MS = 3_600_000;
/** Ten seconds. */
const LATER = { scheduleDeliveryTime: '000000000010000R' };
const LATER_MS = 10_000;
const TURKISH = 1;

async function begin(account = {}): Promise<Rig> {
  const rig = await new Rig(gatewayConfig({ accounts: [accountConfig('acme', account)] })).start();
  await rig.credit(1_000_000);
  return rig;
}

/** A message that waits, and what is asked of it. */
async function waiting(rig: Rig, fields = {}) {
  const customer = await rig.customer();
  const token = customer.submit({ ...LATER, shortMessage: Buffer.from('old text'), ...fields });
  await rig.pass(100);
  const id = customer.answers.get(token)?.id ?? '';
  const replace = async (text: string, times = {}): Promise<number | undefined> => {
    customer.send(replacePdu(id, text, times));
    await rig.pass(50);
    return customer.others.at(-1)?.status;
  };
  return { customer, id, replace };
}

async function sent(rig: Rig) {
  await rig.pass(LATER_MS + 500);
  const [order] = rig.guard.orders;
  assert.equal(rig.guard.orders.length, 1);
  return order as NonNullable<typeof order>;
}

test('times in the past, a validity before the schedule: refused, and the message goes out as it was', async () => {
  const rig = await begin();
  const { replace } = await waiting(rig);
  assert.equal(await replace('new', { scheduleDeliveryTime: '200101000000000+' }), 0x61);
  assert.equal(await replace('new', { validityPeriod: '200101000000000+' }), 0x62);
  assert.equal(
    await replace('new', { scheduleDeliveryTime: '000000000020000R', validityPeriod: '000000000010000R' }),
    0x62,
  );
  // It waits ten seconds: a validity of five would end before.
  assert.equal(await replace('new', { validityPeriod: '000000000005000R' }), 0x13);
  assert.equal((await sent(rig)).text, 'old text');
});

test('a validity of years is cut as that of a submit is', async () => {
  const rig = await begin();
  const { replace } = await waiting(rig);
  assert.equal(await replace('new', { validityPeriod: '030000000000000R' }), 0);
  const until = rig.core.store.validUntil[0] as number;
  assert.ok(until - rig.loop.now() <= 7 * 24 * HOUR_MS + HOUR_MS);
  assert.equal((await sent(rig)).text, 'new');
});

test('a text that shows nothing is refused: the guard would not let it out', async () => {
  const rig = await begin();
  const { replace } = await waiting(rig);
  assert.equal(await replace(''), 0x13);
  assert.equal(await replace('   '), 0x13);
  assert.equal((await sent(rig)).text, 'old text');
});

test('what data_coding 0 means to the account it means in a replace too', async () => {
  const rig = await begin({ defaultAlphabet: 'gsm7-packed' });
  const { replace } = await waiting(rig, { shortMessage: Buffer.from('e8329bfd4697d9ec37', 'hex') });
  assert.equal(await replace(Buffer.from('e8329bfd06', 'hex').toString('latin1')), 0);
  assert.equal((await sent(rig)).text, 'hello');
});

test('a text without national tables takes the place of one with them: no header is left behind, nor after a restart', async () => {
  const rig = await begin({ languages: [TURKISH] });
  // A header that names the Turkish single shift table, then A and s with cedilla (TS 23.038 §A.2.1).
  const header = [3, 0x24, 1, 1];
  const letters = Array.from({ length: 70 }, () => [0x41, 0x1b, 0x73]).flat();
  const { replace } = await waiting(rig, { esmClass: 0x40, shortMessage: Buffer.from([...header, ...letters]) });
  const hasHeader = (): boolean => ((rig.core.store.flags[0] as number) & MessageFlag.udhi) !== 0;
  assert.equal(hasHeader(), true);
  assert.equal(await replace('new'), 0);
  assert.equal(hasHeader(), false);
  rig.crash();
  await rig.startGateway();
  const { pdu, text } = await sent(rig);
  assert.equal(pdu.esmClass & 0x40, 0);
  assert.equal(text, 'new');
});

test('a submit that replaced a waiting message and comes again has its id, also when it has left and after a restart', async () => {
  const rig = await begin({ duplicateWindowMs: 24 * HOUR_MS });
  const { customer, id } = await waiting(rig);
  const again = {
    replaceIfPresentFlag: 1,
    shortMessage: Buffer.from('new text'),
    tlvs: [{ tag: Tag.userMessageReference, value: Buffer.from([0, 9]) }],
  };
  const answered = async (who: typeof customer): Promise<string | undefined> => {
    const token = who.submit(again);
    await rig.pass(100);
    return who.answers.get(token)?.id;
  };
  assert.equal(await answered(customer), id);
  assert.equal((await sent(rig)).text, 'new text');
  assert.equal(await answered(customer), id);
  rig.crash();
  await rig.startGateway();
  assert.equal(await answered(await rig.customer()), id);
  assert.equal((await sent(rig)).text, 'new text');
});
