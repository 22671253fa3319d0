// Stories that take long or much: bodies that are written again, logs that are cleaned, orders that leave memory; and those of
// another gateway before the guard.
import { RecordType as GatewayRecord } from '../../src/gateway/records.ts';
import type { BindUpstream } from '../../src/guard/config.ts';
import { RECORD_VERSION } from '../../src/guard/recordReader.ts';
import { RecordType as GuardRecord } from '../../src/guard/records.ts';
import { GUARD_PORT, PASSWORD, SENDER } from '../../src/sim/configs.ts';
import type { Scene, Story } from './scene.ts';
import { ACCOUNT } from './setting.ts';
import { http, parts, submit } from './stories.ts';

/** Two messages in one batch, of which one ends at once and the other is to leave in 70 seconds. */
export const longLived: Story = {
  says: 'two messages in one batch; one ends at once, the other leaves after 70 s: after 60 s it is written again, under a new key',
  wishes: { account: { defaultValidityMs: 120_000 } },
  act: async (scene) => {
    submit(scene, { scheduleDeliveryTime: '000000000110000R' });
    submit(scene, { destinationAddr: '491700000002' });
  },
  takesMs: 75_000,
};

const FOREIGN: BindUpstream = {
  mode: 'bind',
  name: 'foreign',
  systemId: ACCOUNT,
  password: PASSWORD,
  link: 'alpha',
  account: 'legacy',
  allowedSenders: [SENDER],
  purpose: '',
  lane: 1,
  defaultValidityMs: 60_000,
  graceMs: 60_000,
  defaultAlphabet: 'gsm7',
  allowedAddresses: [],
  maxBinds: 4,
  window: 50,
};

const toGuard = async (scene: Scene): Promise<void> => {
  scene.bind({ host: 'guard', port: GUARD_PORT, systemId: ACCOUNT });
  await scene.town.until(() => scene.customer.peer !== null, 5000);
  await scene.town.pass(2000);
};

export const foreign: Story = {
  says: 'another gateway in front of the guard (bind mode) submits a message in two parts',
  wishes: { ownGateway: false, guard: { upstreams: [FOREIGN] } },
  prepare: toGuard,
  act: parts.act,
  // A part without the other waits for five minutes.
  takesMs: 310_000,
  rested: () => true,
};

export const foreignRefused: Story = {
  says: 'the same, and alpha refuses both segments for good: the guard itself tells the end of each part',
  wishes: { ...foreign.wishes, alpha: { statuses: [{ value: 0x0b, weight: 1 }] } },
  prepare: toGuard,
  act: parts.act,
  takesMs: 8000,
  rested: () => true,
};

/** Validity and grace of FOREIGN are two minutes together. */
export const foreignUntold: Story = {
  says: 'another gateway submits a message in two parts, and alpha tells of it after 150 s: the deadline has ended it',
  wishes: { ...foreign.wishes, alpha: { receiptDelay: { kind: 'fixed', ms: 150_000 } } },
  prepare: toGuard,
  act: parts.act,
  takesMs: 170_000,
  rested: () => true,
};

export const foreignOnDisk: Story = {
  says: 'the guard has memory for few orders; those of another gateway have left memory for a run file when their deadline comes, and alpha tells of them later',
  wishes: {
    ...foreign.wishes,
    guard: { upstreams: [FOREIGN], maxOpsInMemory: 4 },
    alpha: { receiptDelay: { kind: 'fixed', ms: 150_000 } },
  },
  prepare: toGuard,
  act: async (scene) => {
    submit(scene);
    for (let i = 2; i <= 6; i++) {
      await scene.town.pass(1500);
      if (scene.customer.peer !== null) submit(scene, { destinationAddr: `49170000000${i}` });
    }
  },
  takesMs: 180_000,
  rested: () => true,
};

export const foreignLate: Story = {
  says: 'another gateway submits two messages in one batch; one leaves at once, the other is to leave after 70 s: after 60 s it is written again, under a new key',
  wishes: { ...foreign.wishes, guard: { upstreams: [{ ...FOREIGN, defaultValidityMs: 200_000 }] } },
  prepare: toGuard,
  act: async (scene) => {
    submit(scene, { scheduleDeliveryTime: '000000000110000R' });
    submit(scene, { destinationAddr: '491700000002' });
  },
  takesMs: 80_000,
  rested: () => true,
};

export const onDisk: Story = {
  says: 'the guard has memory for few orders; the order has left memory for a run file when its receipt comes after 20 s',
  wishes: { guard: { maxOpsInMemory: 4 }, alpha: { receiptDelay: { kind: 'fixed', ms: 20_000 } } },
  act: async (scene) => {
    submit(scene);
    for (let i = 2; i <= 4; i++) {
      await scene.town.pass(200);
      if (scene.customer.peer !== null) submit(scene, { destinationAddr: `49170000000${i}` });
    }
  },
  takesMs: 24_000,
};

export const clockSetBack: Story = {
  says: 'a message is to leave after five seconds; when the gateway has ended, its clock goes back by 40 s, and other messages push the order out of the memory of the guard',
  wishes: { guard: { maxOpsInMemory: 4 }, alpha: { receiptDelay: { kind: 'fixed', ms: 50_000 } } },
  act: async (scene) => {
    const { town } = scene;
    submit(scene, { scheduleDeliveryTime: '000000000005000R' });
    const gateway = town.machine('gateway');
    if (await town.until(() => gateway.life === null, 6000)) gateway.clock.offsetMs = -40_000;
    await town.until(() => town.gateway !== null && scene.customer.peer !== null, 9000);
    await town.pass(3000);
    for (let i = 2; i <= 7; i++) {
      submit(scene, { destinationAddr: `49170000000${i}` });
      await town.pass(1500);
    }
  },
  takesMs: 60_000,
};

/** Dead records, so many that the log is cleaned and trimmed; nothing reads them. */
async function fill(scene: Scene, program: 'gateway' | 'guard'): Promise<void> {
  const { town } = scene;
  const log = program === 'gateway' ? town.gateway?.gateway.core.log : town.guard?.core.log;
  if (log === undefined) throw new Error(`no ${program} runs`);
  const type = program === 'gateway' ? GatewayRecord.suspended : GuardRecord.heartbeat;
  for (let i = 0; i < 36; i++) {
    // The gateway reads the first octets of its kind of record: account 0 is not suspended.
    const w = log.begin(type);
    if (program === 'guard') w.u8(RECORD_VERSION);
    w.bytes(FILLING);
    log.end();
    await town.pass(10);
  }
}
const FILLING = Buffer.alloc(256 * 1024);

export const gatewayCleans: Story = {
  says: 'the log of the gateway has grown over 8 MiB, mostly dead, while a message waits for 20 seconds and a key is remembered',
  wishes: http.wishes,
  prepare: async (scene) => {
    await http.act(scene);
    submit(scene, { scheduleDeliveryTime: '000000000020000R' });
    await scene.town.pass(100);
  },
  act: async (scene) => {
    await fill(scene, 'gateway');
    // Traffic goes on: each commit may let the front of the log move.
    for (let i = 2; i <= 4; i++) {
      await scene.town.pass(1200);
      await scene.town.until(() => scene.customer.peer !== null, 5000);
      submit(scene, { destinationAddr: `49170000000${i}` });
    }
  },
  takesMs: 24_000,
};

export const guardCleans: Story = {
  says: 'the log of the guard has grown over 8 MiB, mostly dead, while a receipt is awaited for 20 seconds',
  wishes: { alpha: { receiptDelay: { kind: 'fixed', ms: 20_000 } } },
  prepare: async (scene) => {
    submit(scene);
    await scene.town.pass(100);
  },
  act: (scene) => fill(scene, 'guard'),
  takesMs: 24_000,
};
