// The stories that the tables tell: what the customer does, and what happens when nothing goes wrong. Here those of messages on
// their way; commands and starts are in commandStories.ts, what takes long in upkeepStories.ts.
import { SENDER } from '../../src/sim/configs.ts';
import type { SmFields } from '../../src/smpp/pdu.ts';
import { Tag } from '../../src/smpp/tlvs.table.ts';
import { buildUdh } from '../../src/sms/udh.ts';
import { RECIPIENT, type Scene, type Story } from './scene.ts';
import { ACCOUNT, ALPHA_PORT } from './setting.ts';

export const LONG = Buffer.from('a line of a letter that does not fit into one part. '.repeat(4).slice(0, 200));
/** A status that sends a message over another route (queue/verdictTable.ts): invalid source address. */
const WRONG_ROUTE = 0x0a;

/** Sends by SMPP, once: a customer without an answer does not know, and this one does not ask again. */
export function submit(scene: Scene, fields: SmFields = {}): number {
  return ask(scene, scene.customer.submit(fields));
}

/** Writes down the answer to a request when it comes; its place among the answers. */
export function ask(scene: Scene, token: number): number {
  const { customer, town } = scene;
  const place = scene.answers.push(null) - 1;
  const look = (): void => {
    const answer = customer.answers.get(token);
    if (answer === undefined) town.timeline.plan(town.timeline.nowMs + 10, scene.life, 'look', look);
    else scene.answers[place] = answer.status === 0 ? 'ok' : `0x${answer.status.toString(16)}`;
  };
  look();
  return token;
}

/** A customer-made part of two. */
function part(seq: number): SmFields {
  const head = buildUdh({ concat: { ref: 9, bits: 8, total: 2, seq } });
  return {
    esmClass: 0x40,
    shortMessage: Buffer.concat([head, Buffer.from(seq === 1 ? 'first half, ' : 'second half')]),
  };
}

export const one: Story = {
  says: 'one message by SMPP; alpha takes it after 10 ms and tells DELIVRD a second later',
  wishes: {},
  act: async (scene) => void submit(scene),
};

export const intermediate: Story = {
  says: 'one message whose sender also wants to hear that it has left',
  wishes: {},
  act: async (scene) => void submit(scene, { registeredDelivery: 0x11 }),
};

export const paidOnDelivery: Story = {
  says: 'the same, for an account that pays for what is delivered',
  wishes: { account: { chargeOn: 'delivered' }, accountPlan: { chargeOn: 'delivered' } },
  act: one.act,
};

export const two: Story = {
  says: 'one message of two segments',
  wishes: {},
  act: async (scene) =>
    void submit(scene, { shortMessage: Buffer.alloc(0), tlvs: [{ tag: Tag.messagePayload, value: LONG }] }),
};

export const otherRoute: Story = {
  says: 'alpha refuses the message for its route, beta delivers it',
  wishes: { beta: true, alpha: { statuses: [{ value: WRONG_ROUTE, weight: 1 }] } },
  act: one.act,
};

export const silent: Story = {
  says: 'alpha delivers the message and never answers; the account wants it sent again, and beta delivers it too',
  wishes: {
    beta: true,
    alpha: { faults: { 'never-answers': 1 } },
    account: { onUnknown: 'retry' },
    accountPlan: { onUnknown: 'retry' },
  },
  act: one.act,
  takesMs: 9000,
};

export const silentWait: Story = {
  says: 'alpha delivers the message and never answers; the account waits, and nobody ever knows',
  wishes: { alpha: { faults: { 'never-answers': 1 } } },
  act: one.act,
  // The receipt names an id that no answer gave: it is kept for two minutes.
  takesMs: 130_000,
};

export const noReceipt: Story = {
  says: 'alpha takes the message and never tells what became of it: the deadline ends it',
  wishes: { alpha: { faults: { 'no-receipt': 1 } } },
  act: one.act,
};

export const refused: Story = {
  says: 'alpha, the only operator, refuses the message for good',
  wishes: { alpha: { statuses: [{ value: 0x0b, weight: 1 }] } },
  act: one.act,
};

export const early: Story = {
  says: 'the receipt comes 20 ms before the answer that names its id',
  wishes: {
    alpha: {
      faults: { 'receipt-before-response': 1 },
      latency: { kind: 'fixed', ms: 200 },
      receipts: [{ value: 2, weight: 1 }],
    },
  },
  act: one.act,
};

export const throttled: Story = {
  says: 'two segments; alpha takes one a second, throttles the second segment, and takes it later',
  wishes: { alphaThrottle: 1 },
  act: two.act,
  takesMs: 8000,
};

export const declined: Story = {
  says: 'the guard does not know the token of the order: nothing leaves',
  wishes: { foreignToken: true },
  act: one.act,
};

export const cut: Story = {
  says: 'the connection to alpha breaks while an INTENT becomes durable; later the message leaves after all',
  wishes: {},
  act: async (scene) => {
    submit(scene);
    const { town } = scene;
    // The commits of accept and INTENT end 1 ms after their writes; between them lies the way from gateway to guard.
    await town.until(() => town.machine('guard').journal.pending.length > 0, 50);
    for (const line of town.wire.lines)
      if (line.port === ALPHA_PORT) line.fail({ code: 'broken', detail: 'ECONNRESET' });
  },
  takesMs: 9000,
};

export const http: Story = {
  says: 'one message by HTTP under an Idempotency-Key, asked for until it is answered; the receipt goes to a webhook',
  wishes: {
    account: { webhook: { url: 'https://acme.example/hook', secret: 'whsec_c2ltdWxhdGlvbg==' } },
    accountPlan: { way: 'smpp', webhook: true },
  },
  act: async (scene) => {
    const { town } = scene;
    const place = scene.answers.push(null) - 1;
    let asked = 0;
    while (scene.answers[place] === null) {
      const running = town.gateway;
      if (running !== null) {
        asked++;
        const request = {
          from: SENDER,
          to: RECIPIENT,
          body: { kind: 'text', text: 'hello' },
          lane: null,
          validityMs: null,
          scheduleAt: null,
          reference: 'r1',
          purpose: null,
        } as const;
        const answered = running.service.submit(scene.account, [request], { key: 'k1', fingerprint: 'f1' });
        town.answerOf(running.life, answered, (answer) => {
          if (answer.code !== 'done') return;
          const [outcome] = answer.outcomes;
          if (outcome?.ok === true) scene.answers[place] = `${answer.replayed ? 'replayed' : 'ok'} at ${asked}`;
        });
      }
      await town.until(() => scene.answers[place] !== null, 1000);
      if (asked > 10) return;
    }
  },
};

export const parts: Story = {
  says: 'a message in two parts that the customer made',
  wishes: {},
  act: async (scene) => {
    submit(scene, part(1));
    await scene.town.pass(20);
    await scene.town.until(() => scene.customer.peer !== null, 5000);
    submit(scene, part(2));
  },
};

export const mo: Story = {
  says: 'a subscriber writes to the number of the account',
  wishes: {
    link: { moUpstream: 'gw' },
    gateway: { moRoutes: [{ number: '4179', keyword: null, account: ACCOUNT }] },
  },
  act: async (scene) => {
    scene.town.operators.get('alpha')?.mo.send(RECIPIENT, '4179', 'hello', null);
  },
};

export const moByWebhook: Story = {
  says: 'the account takes it by webhook; it took another one before the gateway was started the last time',
  wishes: {
    ...mo.wishes,
    account: { webhook: { url: 'https://acme.example/hook', secret: 'whsec_c2ltdWxhdGlvbg==' } },
  },
  prepare: async (scene) => {
    const { town } = scene;
    town.operators.get('alpha')?.mo.send(RECIPIENT, '4179', 'good morning', null);
    await town.pass(3000);
    const gateway = town.machine('gateway');
    if (gateway.life !== null) town.restart(gateway, gateway.life);
    await town.pass(3000);
  },
  act: mo.act,
};
