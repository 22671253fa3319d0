// What there was to see of a run, as the words that stand in the tables; and what must hold after every run, whatever the row
// says: what is kept can be read, no key is left, and nothing is held.
import { nativeId } from '../../src/gateway/ids.ts';
import { MessageFlag } from '../../src/gateway/layout.ts';
import { RecordReader } from '../../src/guard/recordReader.ts';
import { RecordType, readResult } from '../../src/guard/records.ts';
import { CURRENCY, PRICE } from '../../src/sim/configs.ts';
import { octetsOf } from '../../src/sim/receiptOctets.ts';
import { OutcomeClass } from '../../src/smpp/vendor.ts';
import { RECIPIENT, type Scene } from './scene.ts';

const NOTHING = '-';

/**
 * answer: to the customer's requests, in their order. orders: that the gateway gave, repeated ones too. left: the links over which submit_sm left, in order, `!` where marked as a
 * possible duplicate. copies: whole messages at the handset. state: final states of the customer's messages. told: times that
 * the customer got a receipt or a mobile-originated message. stat: words of state in those that came over SMPP, each once. charged: segments. unknown: outcomes recorded as unknown.
 * up: receipts
 * and mobile-originated messages that the guard handed up. ends: programs that ended on the way.
 */
export const COLUMNS = [
  'answer',
  'orders',
  'left',
  'copies',
  'state',
  'told',
  'stat',
  'charged',
  'unknown',
  'up',
  'ends',
] as const;
export type Column = (typeof COLUMNS)[number];
export type Seen = Readonly<Record<Column, string>>;

export async function look(scene: Scene): Promise<Seen> {
  const { town } = scene;
  const states = town.setting.gateway === null ? [] : await messageStates(scene);
  return {
    answer: scene.answers.map((one) => one ?? NOTHING).join(' ') || NOTHING,
    orders: String(town.notes.orders),
    left: town.notes.left.map(({ link, marked }) => link + (marked ? '!' : '')).join(' ') || NOTHING,
    copies: String(copies(scene)),
    state: states.join(' ') || NOTHING,
    told: told(scene),
    stat: stat(scene),
    charged: String(charged(scene)),
    unknown: String(unknown(scene)),
    up: String(town.notes.up),
    ends: town.ends.join(', ') || NOTHING,
  };
}

/** Throws when something is wrong that no row may allow. */
export function checkBooks(scene: Scene): void {
  const { town } = scene;
  town.gatewayRecords.readable();
  town.guardRecords.readable();
  if (town.gatewayRecords.secrets() > 0) throw new Error('a key of the gateway is still there');
  if (town.guardRecords.secrets() > 0) throw new Error('a key of the guard is still there');
  const running = town.gateway;
  if (running === null) {
    if (town.setting.gateway !== null) throw new Error('no gateway runs at the end');
    return;
  }
  const { held } = running.service.balance(scene.account);
  if (held !== 0) throw new Error(`${held} is still held`);
  if (running.gateway.core.ledger.sum(CURRENCY) !== 0) throw new Error('the books do not sum to zero');
  if (running.service.status().openMessages > 0) throw new Error('a restart has opened an ended message');
}

async function messageStates(scene: Scene): Promise<string[]> {
  const { town } = scene;
  const states: string[] = [];
  for (const message of town.gatewayBooks?.messages.values() ?? []) {
    if (message.flags & MessageFlag.internal) continue;
    const id = nativeId(Buffer.from(message.id, 'hex'));
    let state: string | null = null;
    const running = town.gateway;
    if (running === null) throw new Error('no gateway runs at the end');
    town.answerOf(running.life, running.service.message(scene.account, id), (view) => {
      state = view === null ? 'lost' : view.final ? view.state : `open (${view.state})`;
    });
    await town.until(() => state !== null, 1000);
    states.push(state ?? 'unanswered');
  }
  return states;
}

function copies(scene: Scene): number {
  let count = 0;
  for (const operator of scene.town.operators.values())
    count += operator.handsets.look(RECIPIENT)?.messages.length ?? 0;
  return count;
}

/** How often; or that what was told is not always the same. */
function told(scene: Scene): string {
  const { receipts, mos } = scene.customer;
  const byId = new Map<string, Set<string>>();
  const note = (id: string, octets: string): void => {
    const known = byId.get(id) ?? new Set();
    byId.set(id, known.add(octets));
  };
  for (const one of receipts) note(`${one.id} ${one.pdu.esmClass}`, octetsOf(one.pdu).toString('latin1'));
  for (const post of scene.town.posts) note(post.headers['webhook-id'] ?? '', post.body);
  for (const octets of byId.values()) if (octets.size > 1) return `differently: ${[...octets].join(' / ')}`;
  return String(receipts.length + mos.length + scene.town.posts.length);
}

function stat(scene: Scene): string {
  const words = new Set<string>();
  for (const { pdu } of scene.customer.receipts)
    words.add(/stat:([A-Z]+)/.exec(pdu.shortMessage.latin1Slice())?.[1] ?? '?');
  return [...words].sort().join(' ') || NOTHING;
}

function charged(scene: Scene): number {
  const running = scene.town.gateway;
  if (running === null) return 0;
  return (scene.paid - running.service.balance(scene.account).balance) / PRICE;
}

function unknown(scene: Scene): number {
  const reader = new RecordReader();
  return scene.town.guardRecords
    .of(RecordType.result)
    .filter(({ payload }) => readResult(reader.open(payload, 0, payload.length)).outcome === OutcomeClass.unknown)
    .length;
}
