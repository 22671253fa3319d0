// The life of bodies on the whole system (design, law 5.6), as one proof that the short test and `npm run bodies` share: while
// messages live, a raw copy of the data folders with all secrets opens every text; within the bound after their end, none,
// given every file and every string of 32 octets in it. And at no time does a text stand in a file, an output or a metric.
import assert from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { filesOf, leaks, MARK, markedText, needles, type Place } from './leaks.ts';
import { fileIn, keysIn, openedBy, type SealedBatch, sealedIn, storageSecret } from './sealed.ts';
import { secretOf } from './setup.ts';
import { Stack } from './stack.ts';
import { until } from './wait.ts';
import { type Submit, Wire } from './wire.ts';

const FOLDERS = ['gateway-data', 'guard-data'] as const;
/** Texts that live on beside those that end: their batches have to be sealed anew. */
const LIVING = 'staysAlive';
/** Batches that the open attack is tried on; the look for keys is done for all of them. */
const ATTACKED = 40;
/** Among the texts: messages that the customer has cut into three parts itself. */
const CUT = 10;
/** A guard that has tried in vain for long knocks once a minute; and then everything has to be sent. */
const OPERATOR_MS = 150_000;
/** And messages from subscribers on the way back. */
const MO = 20;

export interface BodiesPlan {
  readonly texts: number;
  /** One of so many messages lives on, scheduled for tomorrow; 0: none. */
  readonly livingOneIn: number;
  /** From the end of all messages to the copy from which nothing may open, in ms. */
  readonly boundMs: number;
  readonly say: (line: string) => void;
}

export interface BodiesResult {
  readonly texts: number;
  readonly opened_before: number;
  readonly opened_after: number;
  readonly living: number;
  readonly living_opened: number;
  readonly batches: number;
  readonly keys_after: number;
  readonly places_searched: number;
  readonly leaks: number;
}

export async function proveBodies(plan: BodiesPlan): Promise<BodiesResult> {
  const stack = await Stack.prepare({
    gateway: { mo: [{ number: '*', account: 'acme' }] },
    link: { mo: 'gw' },
  });
  const forms = [...needles(MARK), ...needles(LIVING)];
  let searched = 0;
  const search = (places: readonly Place[]): void => {
    searched += places.length;
    assert.deepEqual(leaks(places, forms), []);
  };
  try {
    await Promise.all([stack.start('guard'), stack.start('gateway')]);
    const wire = await Wire.bound(stack.ports.smpp, 'acme', secretOf('acme'));
    const submits: Submit[] = [];
    const living: Submit[] = [];
    for (let i = 0; i < plan.texts; i++) {
      submits.push(submitOf(i));
      if (plan.livingOneIn > 0 && i % plan.livingOneIn === 0) {
        const alive = { ...submitOf(i), text: `${LIVING} ${i.toString().padStart(6, '0')} ${LIVING}`, dataCoding: 0 };
        living.push({ ...alive, schedule: '000001000000000R' });
        submits.push(living.at(-1) as Submit);
      }
    }
    const cut = Array.from({ length: CUT }, (_, i) => partsOf(plan.texts + i)).flat();
    const texts = plan.texts + CUT;
    plan.say(`${submits.length} messages and ${CUT} in parts, the operator is down`);
    const ids = (await wire.submitAll(submits, 400)).filter((_, i) => submits[i]?.schedule === undefined);
    await wire.submitAll(cut);

    // Parts are kept beside the message that they make.
    const open = (await stack.account('acme')).open_messages;
    assert.ok(open >= submits.length + CUT);
    const before = await copied(stack, 'before');
    // A batch of messages that live on alone keeps its key.
    const sealed = batchesOf(before, stack).filter(holdsMark);
    const openedBefore = textsIn(sealed);
    for (const places of before.places.values()) search(places);
    search(await told(stack));
    assert.equal(openedBefore.size, texts, 'the copy opens every text');
    // The same ways to attack as below, on the copy that has the keys: they do work.
    const attacked = sealed.filter(({ program }) => program === 'gateway-data').slice(0, ATTACKED);
    const keysBefore = keysIn([...before.places.values()].flat(), sealed);
    assert.ok(keysBefore.length >= sealed.length, 'every key is found in the copy that has it');
    assert.equal(attack(before.places.get('gateway-data') as Place[], attacked), attacked.length);
    await recovers(before.folder, open);

    plan.say(`${openedBefore.size} texts open from the copy; now the operator comes up`);
    await stack.start('operator');
    await wire.receiptsOf(ids, OPERATOR_MS);
    for (let i = 0; i < MO; i++) await stack.mo(`4179${1_000_000 + i}`, '4917', markedText(i));
    await until(
      'every message of a subscriber has come',
      () => wire.receipts.filter(({ id }) => id === '').length >= MO,
    );
    await until('every ended message is closed', async () => {
      return (await stack.account('acme')).open_messages === living.length;
    });
    const ended = performance.now();
    let last = { opened: -1, living: -1, keys: -1, attacked: -1 };
    plan.say(`all have ended; the bound is ${plan.boundMs / 1000} s`);
    await until(
      'nothing opens any more',
      async () => {
        // The long form looks once, at the bound; the short one as soon as nothing opens.
        if (plan.livingOneIn > 0) await pause(ended + plan.boundMs - performance.now());
        else await pause(1000);
        const after = await copied(stack, 'after');
        const now = batchesOf(after, stack);
        const places = [...after.places.values()].flat();
        for (const one of after.places.values()) search(one);
        last = {
          opened: now.filter(holdsMark).length,
          living: textsIn(now, LIVING).size,
          keys: keysIn(places, sealed).length,
          attacked: attack(after.places.get('gateway-data') as Place[], attacked),
        };
        return last.opened === 0 && last.keys === 0 && last.attacked === 0;
      },
      plan.boundMs + 1000,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${JSON.stringify(last)}`);
    });
    assert.equal(last.living, living.length, 'what lives on still opens');
    search(await told(stack));
    assert.equal((await stack.handsets()).messages, texts, 'every text arrived');
    await wire.leave();
    return {
      texts,
      opened_before: openedBefore.size,
      opened_after: last.opened,
      living: living.length,
      living_opened: last.living,
      batches: sealed.length,
      keys_after: last.keys,
      places_searched: searched,
      leaks: 0,
    };
  } finally {
    await stack.stop();
  }
}

/** Every tenth text as UCS-2. */
function submitOf(i: number): Submit {
  const text = markedText(i);
  const destination = `4917${(10_000_000 + i).toString()}`;
  if (i % 10 !== 0) return { destination, text };
  return { destination, dataCoding: 8, text: Buffer.from(text.slice(0, 70), 'utf16le').swap16() };
}

/** A text that is long enough, in three parts with headers (TS 23.040 §9.2.3.24.1). */
function partsOf(i: number): Submit[] {
  const text = markedText(i).repeat(4);
  return [1, 2, 3].map((part) => ({
    destination: `4917${(10_000_000 + i).toString()}`,
    esmClass: 0x40,
    text: Buffer.concat([
      Buffer.from([5, 0, 3, i & 0xff, 3, part]),
      Buffer.from(text.slice((part - 1) * 100, part === 3 ? undefined : part * 100).slice(0, 150), 'latin1'),
    ]),
  }));
}

interface Copy {
  readonly folder: string;
  readonly places: ReadonlyMap<string, readonly Place[]>;
}

/** Raw copies of both data folders at one moment: both programs stand still meanwhile. */
async function copied(stack: Stack, name: string): Promise<Copy> {
  const folder = stack.path(name);
  rmSync(folder, { recursive: true, force: true });
  const children = [stack.running('gateway').child, stack.running('guard').child];
  for (const child of children) child.kill('SIGSTOP');
  try {
    for (const one of FOLDERS) cpSync(stack.path(one), join(folder, one), { recursive: true });
  } finally {
    for (const child of children) child.kill('SIGCONT');
  }
  return { folder, places: new Map(FOLDERS.map((one) => [one, filesOf(join(folder, one))])) };
}

function batchesOf(copy: Copy, stack: Stack): SealedBatch[] {
  const work = stack.path('opened');
  try {
    return FOLDERS.flatMap((one) => sealedIn(join(copy.folder, one), one, work));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Whether it opens and has any piece of a text that ends. */
function holdsMark({ opened }: SealedBatch): boolean {
  return opened !== null && plainOf(opened.plain).includes(MARK);
}

/** UCS-2 texts of ASCII characters are the same without their zero octets. */
function plainOf(octets: Buffer): string {
  return octets.toString('latin1').replaceAll('\0', '');
}

/** The different texts in what opens. */
function textsIn(batches: readonly SealedBatch[], mark = MARK): Set<string> {
  const texts = new Set<string>();
  const pattern = new RegExp(`${mark} ([0-9a-z]{6}) ${mark}`, 'g');
  for (const { opened } of batches) {
    if (opened === null) continue;
    for (const match of plainOf(opened.plain).matchAll(pattern)) texts.add(match[1] as string);
  }
  return texts;
}

function attack(places: readonly Place[], batches: readonly SealedBatch[]): number {
  return openedBy({ name: 'keys', octets: fileIn(places, join('journal', 'keys')) }, storageSecret(places), batches);
}

/** Everything that programs say: outputs and metrics. */
async function told(stack: Stack): Promise<Place[]> {
  return [...stack.outputs(), { name: '/metrics', octets: Buffer.from(await stack.metrics()) }];
}

/** A gateway on the copy, with a guard that is not there, has them all. */
async function recovers(copy: string, messages: number): Promise<void> {
  const other = await Stack.prepare({ gateway: { mo: [{ number: '*', account: 'acme' }] } });
  try {
    cpSync(join(copy, 'gateway-data'), other.path('gateway-data'), { recursive: true });
    await other.start('gateway');
    assert.equal((await other.account('acme')).open_messages, messages, 'the recovered gateway has every message');
  } finally {
    await other.stop();
  }
}

async function pause(ms: number): Promise<void> {
  if (ms > 0) await new Promise((go) => setTimeout(go, ms));
}
