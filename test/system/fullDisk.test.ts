// A full disk under each program: new work is refused with the field's own status and the reason, the programs go on, and what
// was accepted completes once there is room. The data folder is a tmpfs of a few MB, which only root can mount.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { keyOf, secretOf, secrets } from './setup.ts';
import { Stack } from './stack.ts';
import { until } from './wait.ts';
import { Command, type Heard, pdu, RESPONSE, submitBody, Wire } from './wire.ts';

/** The reserve of 16 MiB, as much again that must be free before it is made anew, and room for a database. */
const DISK = '64m';
/** Submits sent at a time; and without an answer, so that a refusal is the store's and not the window's of 500 (0x58). */
const PORTION = 20;
const OPEN_MAX = 400;

/** Mounts the small disk; false, and the test is skipped, when that is not allowed here. */
function mounted(t: TestContext, stack: Stack, folder: string): boolean {
  mkdirSync(folder, { recursive: true });
  const root = process.getuid?.() === 0;
  const { status } = root
    ? spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK},mode=700`, 'tmpfs', folder])
    : { status: 1 };
  if (status === 0) {
    stack.mounts.push(folder);
    return true;
  }
  t.skip(root ? 'mount of a tmpfs is not permitted here' : 'only root can mount a small disk');
  return false;
}

/** Takes all the room that is left. */
function fill(folder: string): void {
  const fd = openSync(`${folder}/filler`, 'a');
  for (const size of [65_536, 512]) {
    const zeros = Buffer.alloc(size);
    try {
      for (;;) writeSync(fd, zeros);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
  closeSync(fd);
}

/** Answers to submits sent one after the other without waiting, by number. */
class Flow {
  readonly wire: Wire;
  readonly answers = new Map<number, { readonly status: number; readonly id: string }>();
  sent = 0;
  refusals = 0;

  constructor(wire: Wire) {
    this.wire = wire;
  }

  /** Portion after portion until one is refused. What came before the store noticed waits for its answer. */
  async untilRefused(): Promise<void> {
    await until('a submit is refused', () => {
      for (let i = 0; i < PORTION && this.sent - this.answers.size < OPEN_MAX; i++) {
        const sequence = this.wire.next();
        this.wire.send(pdu(Command.submitSm, sequence, submitBody({ text: `message ${this.sent} `.padEnd(150, 'x') })));
        this.sent++;
      }
      this.take();
      return this.refusals > 0;
    });
  }

  take(): void {
    for (const one of this.wire.heard.splice(0)) this.#answer(one);
  }

  get ids(): string[] {
    return [...this.answers.values()].filter((one) => one.status === 0).map((one) => one.id);
  }

  #answer({ command, status, sequence, body }: Heard): void {
    assert.equal(command, RESPONSE + Command.submitSm);
    if (status !== 0) this.refusals++;
    this.answers.set(sequence, { status, id: body.toString('latin1', 0, Math.max(0, body.indexOf(0))) });
  }
}

test('the disk of the gateway is full: 0x14 and 503 with the reason; what was accepted completes', async (t) => {
  const stack = await Stack.prepare();
  const data = stack.path('gateway-data');
  try {
    if (!mounted(t, stack, data)) return;
    await Promise.all([stack.start('operator'), stack.start('guard'), stack.start('gateway')]);
    await stack.linkUp();
    const wire = await Wire.bound(stack.ports.smpp, 'acme', secretOf('acme'));
    const before = await wire.submitAll([{ text: 'before' }]);
    await wire.receiptsOf(before);
    const flow = new Flow(wire);
    fill(data);
    await flow.untilRefused();
    const statuses = new Set([...flow.answers.values()].map((one) => one.status));
    assert.deepEqual(
      [...statuses].sort(),
      [0, 0x14].filter((status) => statuses.has(status)),
    );
    assert.ok(statuses.has(0x14));

    const message = { from: 'INFO', to: '+491700000002', text: 'no room' };
    const answer = await stack.http('/api/v1/messages', { method: 'POST', key: keyOf('acme'), body: message });
    assert.equal(answer.status, 503);
    assert.match((answer.body as { detail: string }).detail, /store is full|disk is full/);
    const ready = await stack.http('/readyz');
    assert.equal(ready.status, 503);
    assert.match((ready.body as { reason: string }).reason, /full/);
    assert.match(readFileSync(stack.running('gateway').out, 'utf8'), /the disk is full/);

    rmSync(`${data}/filler`);
    await until('there is room again', async () => (await stack.http('/readyz')).status === 200);
    await until('every submit has its answer', () => {
      flow.take();
      return flow.answers.size === flow.sent;
    });
    assert.ok([...flow.answers.values()].every((one) => one.status === 0 || one.status === 0x14));
    const more = await wire.submitAll([{ text: 'after' }]);
    await wire.receiptsOf([...flow.ids, ...more]);
    await until('nothing is open', async () => (await stack.account('acme')).open_messages === 0);
    const { held, balance } = await stack.account('acme');
    const accepted = before.length + flow.ids.length + more.length;
    assert.equal(Number(held.amount), 0);
    assert.equal(Number(balance.amount), Number((-0.05 * accepted).toFixed(4)));
    assert.equal((await stack.handsets()).messages, accepted);
    await wire.leave();
  } finally {
    await stack.stop();
  }
});

test('the disk of the guard is full: the gateway takes messages and keeps them; other gateways get 0x14 or 0x58', async (t) => {
  const stack = await Stack.prepare();
  const data = stack.path('guard-data');
  try {
    if (!mounted(t, stack, data)) return;
    const common = {
      mode: 'token',
      name: 'gw',
      password: { env: 'SYSTEM_HOP' },
      token_secret: { env: 'SYSTEM_TOKEN' },
    };
    stack.configure({
      guard: {
        upstreams: [
          { ...common, links: ['alpha'] },
          {
            mode: 'bind',
            name: 'other',
            system_id: 'other',
            password: { env: 'SYSTEM_OPERATOR' },
            link: 'alpha',
            account: 'other',
            allowed_senders: ['*'],
          },
        ],
      },
    });
    await Promise.all([stack.start('operator'), stack.start('guard'), stack.start('gateway')]);
    await stack.linkUp();
    const other = await Wire.bound(stack.ports.guard, 'other', secrets.OPERATOR);
    const wire = await Wire.bound(stack.ports.smpp, 'acme', secretOf('acme'));
    const before = [await wire.submit({ text: 'before' }), await other.submit({ text: 'before' })];
    assert.deepEqual(
      before.map(({ status }) => status),
      [0, 0],
    );
    const flow = new Flow(other);
    fill(data);
    await flow.untilRefused();
    for (const { status } of flow.answers.values())
      assert.ok([0, 0x14, 0x58].includes(status), `0x${status.toString(16)}`);
    assert.match(readFileSync(stack.running('guard').out, 'utf8'), /disk is full/);

    const during = await wire.submitAll(Array.from({ length: 100 }, (_, i) => ({ text: `during ${i}` })));
    rmSync(`${data}/filler`);
    await wire.receiptsOf(during);
    await until('every submit has its answer', () => {
      flow.take();
      return flow.answers.size === flow.sent;
    });
    await other.receiptsOf(flow.ids);
    assert.match(readFileSync(stack.running('guard').out, 'utf8'), /disk has room again/);
    const accepted = before.length + during.length + flow.ids.length;
    assert.equal((await stack.handsets()).messages, accepted);
    await until('nothing is open', async () => (await stack.account('acme')).open_messages === 0);
    assert.equal(Number((await stack.account('acme')).held.amount), 0);
    await wire.leave();
    await other.leave();
  } finally {
    await stack.stop();
  }
});
