// Stories of commands: payments, cancelling, replacing, suspending, pausing; and of the programs' starts and deaths.
import { SENDER } from '../../src/sim/configs.ts';
import { Tag } from '../../src/smpp/tlvs.table.ts';
import { cancelPdu, replacePdu } from '../gateway/pdus.ts';
import { RECIPIENT, type Story } from './scene.ts';
import { ACCOUNT } from './setting.ts';
import { ask, LONG, one, submit } from './stories.ts';

export const credit: Story = {
  says: 'a payment is booked by its reference, asked for until it is answered',
  wishes: {},
  act: async (scene) => {
    const before = scene.paid;
    const tries = await scene.pay(1_000_000, 'second');
    scene.answers.push(scene.paid - before === 1_000_000 ? `booked at ${tries}` : 'booked twice');
  },
};

export const cancelled: Story = {
  says: 'a message that is to leave in 20 seconds is cancelled after one',
  wishes: {},
  prepare: async (scene) => {
    const token = submit(scene, { scheduleDeliveryTime: '000000000020000R' });
    await scene.town.pass(1000);
    scene.note.id = scene.customer.answers.get(token)?.id ?? '';
  },
  act: async (scene) => void ask(scene, scene.customer.send(cancelPdu(scene.note.id, SENDER, RECIPIENT))),
  takesMs: 22_000,
};

export const replaced: Story = {
  says: 'the text of a message of two segments that is to leave in 20 seconds is replaced by one of one segment',
  wishes: {},
  prepare: async (scene) => {
    const token = submit(scene, {
      scheduleDeliveryTime: '000000000020000R',
      shortMessage: Buffer.alloc(0),
      tlvs: [{ tag: Tag.messagePayload, value: LONG }],
    });
    await scene.town.pass(1000);
    scene.note.id = scene.customer.answers.get(token)?.id ?? '';
  },
  act: async (scene) => void ask(scene, scene.customer.send(replacePdu(scene.note.id, 'shorter'))),
  takesMs: 22_000,
};

export const suspended: Story = {
  says: 'an account is suspended; ten seconds later it sends a message',
  wishes: {},
  act: async (scene) => {
    const { town } = scene;
    const running = town.gateway;
    if (running === null) throw new Error('no gateway runs');
    const place = scene.answers.push(null) - 1;
    town.answerOf(running.life, running.service.setSuspended(ACCOUNT, true), (answer) => {
      scene.answers[place] = answer;
    });
    await town.pass(10_000);
    submit(scene);
  },
};

export const start: Story = {
  says: 'the programs start for the first time; then one message is sent',
  wishes: {},
  fromTheStart: true,
  act: one.act,
};

export const guardDied: Story = {
  says: 'the guard dies when the PDU has just left: what became of it is unknown',
  wishes: {},
  act: async (scene) => {
    submit(scene);
    const { town } = scene;
    const guard = town.machine('guard');
    await town.until(() => town.notes.left.length > 0, 1000);
    if (guard.life !== null) town.kill(guard, guard.life, false);
  },
};

export const paused: Story = {
  says: 'an operator of ours pauses alpha; two seconds later a message is sent, which has one minute',
  wishes: {},
  act: async (scene) => {
    const { town } = scene;
    const core = town.guard?.core;
    const { life } = town.machine('guard');
    if (core === undefined || life === null) throw new Error('no guard runs');
    const place = scene.answers.push(null) - 1;
    const link = core.links.get(core.links.numberOf('alpha'));
    const given = new Promise<boolean>((resolve) => core.linkOrders.give(link, 'pause', resolve));
    town.answerOf(life, given, (kept) => {
      scene.answers[place] = kept ? 'paused' : 'not kept';
    });
    await town.pass(2000);
    submit(scene);
  },
};
