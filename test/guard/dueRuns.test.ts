// Deadlines of bind mode with real run files, a small memory, and a guard that dies twice: each message has one end at its upstream.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSpills } from '../../src/host/spill.ts';
import type { HostSpill } from '../../src/host/spillFront.ts';
import { submitSm } from '../../src/smpp/pdu.ts';
import { Status } from '../../src/smpp/status.table.ts';
import { kannel } from './kannel.ts';
import { Gateway, Supplier } from './peers.ts';
import { Disk, linkConfig, runGuard, until } from './rig.ts';

const VALIDITY_MS = 300_000;
const GRACE_MS = 60_000;
const MEMORY = 20;
const UPSTREAM = { ...kannel, defaultValidityMs: VALIDITY_MS, graceMs: GRACE_MS };

test('without receipts each message ends UNKNOWN once by validity and grace, also out of run files and after kills; a late receipt changes nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'glaspost-due-'));
  const supplier = new Supplier();
  const links = [linkConfig('a', await supplier.open())];
  const disk = new Disk();
  let aheadMs = 0;
  const begin = async () => {
    const spills = openSpills({ folder });
    const spill: HostSpill = spills.spill('guard');
    const running = await runGuard({
      disk,
      links,
      upstreams: [UPSTREAM],
      more: { maxOpsInMemory: MEMORY },
      spill,
      aheadMs: () => aheadMs,
    });
    return { running, spills, spill, core: running.guard.core };
  };
  const bind = async (): Promise<Gateway> => {
    const gateway = new Gateway(guard.running.port, 'kannel', { password: 'secret', systemType: '' });
    await until('bound', () => gateway.peer !== null && supplier.peers.length === 1);
    return gateway;
  };
  const recipientOf = (n: number): string => `4917000000${String(n).padStart(2, '0')}`;
  const ids: string[] = [];
  const send = async (gateway: Gateway): Promise<void> => {
    await until('room', () => !guard.core.sent.full);
    const n = ids.length;
    const token = gateway.send(
      submitSm({
        sourceAddrTon: 5,
        sourceAddr: 'ACME',
        destAddrTon: 1,
        destAddrNpi: 1,
        destinationAddr: recipientOf(n),
        registeredDelivery: 1,
        shortMessage: Buffer.from('hello'),
      }),
    );
    await until('acknowledged', () => gateway.answer(token) !== undefined);
    assert.equal(gateway.answer(token)?.status, Status.ESME_ROK);
    ids.push(gateway.answer(token)?.messageId ?? '');
    await until('left', () => supplier.submits.length === ids.length);
  };
  const told = (gateway: Gateway): { readonly id: string; readonly stat: string }[] =>
    gateway.receipts.map(({ shortMessage }) => {
      const [, id = '', stat = ''] = /^id:(\S+) .*stat:(\S+)/.exec(shortMessage.toString()) ?? [];
      return { id, stat };
    });
  const die = async (gateway: Gateway): Promise<void> => {
    guard.running.kill();
    await gateway.stop();
    await guard.spills.close();
    await until('alone', () => supplier.peers.length === 0);
  };

  let guard = await begin();
  let gateway = await bind();
  for (let i = 0; i < 2 * MEMORY; i++) await send(gateway);
  await until('run files', () => guard.spill.stats().runs > 0);
  await die(gateway);
  guard = await begin();
  gateway = await bind();
  for (let i = 0; i < MEMORY; i++) await send(gateway);
  assert.ok(guard.core.sent.size <= MEMORY);
  assert.equal(gateway.receipts.length, 0);
  await die(gateway);
  // The time comes while it is down.
  aheadMs = VALIDITY_MS + GRACE_MS + 1000;
  guard = await begin();
  gateway = await bind();
  await until('all told', () => gateway.receipts.length >= ids.length, 40_000);
  assert.deepEqual(
    told(gateway)
      .map(({ id, stat }) => `${id} ${stat}`)
      .sort(),
    ids.map((id) => `${id} UNKNOWN`).sort(),
  );
  // The supplier tells the end of all of them at last, then of one more, which is the only one that is news.
  const [peer] = supplier.peers;
  assert.ok(peer);
  const late = ids.length;
  for (let i = 0; i < late; i++) supplier.receipt(peer, String(i + 1), 'DELIVRD', recipientOf(i), i);
  await until('late ones answered', () => supplier.answers.length === late);
  await send(gateway);
  supplier.receipt(peer, String(late + 1), 'DELIVRD', recipientOf(late), late);
  await until('told', () => gateway.receipts.length > late);
  assert.deepEqual(told(gateway).slice(late), [{ id: ids.at(-1), stat: 'DELIVRD' }]);
  assert.equal(guard.core.counters.receipts_matched, 1);
  assert.deepEqual(guard.running.halts, []);
  await gateway.stop();
  await guard.running.stop();
  await guard.spills.close();
  await supplier.server?.close();
  await rm(folder, { recursive: true });
});
