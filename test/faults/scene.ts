// A story on its stage: the town, its customer, and what the customer has seen. Plays a story once, with or without a fault, lets
// everything come to rest, starts gateway and guard once more, and says what there was to see.
import { SmppClient } from '../../src/driver/smppClient.ts';
import { GATEWAY_PORT, PASSWORD } from '../../src/sim/configs.ts';
import type { Life } from '../../src/sim/life.ts';
import { createSimLog } from '../../src/sim/log.ts';
import { peerOptions } from '../driver/owner.ts';
import { Customer } from '../gateway/customer.ts';
import { loopOf } from './machine.ts';
import { ACCOUNT, CREDIT, settingOf, type Wishes } from './setting.ts';
import { Town } from './town.ts';
import { type Trip, Tripwire } from './trip.ts';

export const RECIPIENT = '491700000001';
const REST_MS = 12_000;
/** Validity and grace, or the time that a part waits for the others. */
const LIMIT_MS = 320_000;

export interface Story {
  /** What happens when nothing goes wrong. */
  readonly says: string;
  readonly wishes: Wishes;
  /** The step belongs to the start of a program: the tripwire is there from the beginning. */
  readonly fromTheStart?: boolean;
  /** Before the tripwire is armed. */
  readonly prepare?: (scene: Scene) => Promise<void>;
  readonly act: (scene: Scene) => Promise<void>;
  /** Time to let pass before it can have come to rest. */
  readonly takesMs?: number;
  /** Where there is no gateway of ours: has everything come to rest? */
  readonly rested?: (scene: Scene) => boolean;
}

export class Scene {
  readonly story: Story;
  readonly town: Town;
  readonly life: Life;
  readonly customer = new Customer();
  /** What the customer was told, in the order of asking; null: nothing. */
  readonly answers: (string | null)[] = [];
  /** What a story keeps from its preparation. */
  readonly note = { id: '' };
  /** What was paid in, by answers that came. */
  paid = 0;

  constructor(story: Story, trip: Trip | null, show: ((line: string) => void) | null) {
    this.story = story;
    this.town = new Town(settingOf(story.wishes), trip === null ? null : new Tripwire(trip), show);
    this.life = this.town.customer(ACCOUNT).life;
  }

  get account(): { readonly name: string; readonly index: number } {
    return { name: ACCOUNT, index: 0 };
  }

  bind(options: { readonly host: string; readonly port: number; readonly systemId: string }): void {
    const { town, life } = this;
    const machine = town.machine(ACCOUNT);
    const world = {
      loop: loopOf(town, machine, life),
      net: town.wire.netOf(life, machine.address),
      log: createSimLog((line) => town.onLine(machine, line)),
    };
    const { host, port, systemId } = options;
    new SmppClient<number>(
      world,
      {
        connect: { host, port, connectTimeoutMs: 1000, tls: null },
        peer: { ...peerOptions, interfaceVersion: 0x34, window: 50, inboundWindow: 50 },
        bind: { systemId, password: PASSWORD, systemType: '', addrTon: 0, addrNpi: 0, addressRange: '' },
        modes: ['trx'],
        reconnectMinMs: 500,
        reconnectMaxMs: 1000,
        refusedMinMs: 500,
        refusedMaxMs: 1000,
      },
      this.customer,
    ).start();
  }

  async play(): Promise<void> {
    const { town, story } = this;
    const { tripwire } = town;
    if (tripwire !== null && story.fromTheStart === true) tripwire.armed = true;
    town.start();
    if (town.setting.gateway !== null) {
      this.bind({ host: 'gateway', port: GATEWAY_PORT, systemId: ACCOUNT });
      await this.#ready();
    }
    await story.prepare?.(this);
    if (tripwire !== null) tripwire.armed = true;
    await story.act(this);
    await town.pass(story.takesMs ?? 2500);
    await town.until(() => this.#rested(), LIMIT_MS);
    await town.pass(REST_MS);
    if (!this.#rested())
      throw new Error(`it does not come to rest: ${JSON.stringify(town.gateway?.service.status() ?? null)}`);
    // What memory says and what the disk says must be the same.
    town.over = true;
    for (const name of ['gateway', 'guard']) {
      const machine = town.machine(name);
      if (machine.life !== null) town.kill(machine, machine.life, false);
    }
    await town.pass(4000);
  }

  /** Everybody is bound, and the account has money. */
  async #ready(): Promise<void> {
    const { town } = this;
    await town.until(() => town.gateway !== null && this.customer.peer !== null, 5000);
    await town.pass(2000);
    await this.pay(CREDIT, 'first');
  }

  /** Asks for it until it is answered, as a person would. */
  async pay(amount: number, reference: string): Promise<number> {
    const { town } = this;
    let done = false;
    let tries = 0;
    while (!done) {
      const running = town.gateway;
      if (running !== null) {
        tries++;
        town.answerOf(running.life, running.service.credit(ACCOUNT, amount, reference), ({ code }) => {
          done = code === 'credited' || code === 'repeated';
          if (done) this.paid += amount;
        });
      }
      await town.until(() => done, 1000);
      if (tries > 10) throw new Error('a payment is never answered');
    }
    return tries;
  }

  #rested(): boolean {
    const { town, story } = this;
    if (story.rested !== undefined) return story.rested(this);
    return town.gateway !== null && town.gateway.service.status().openMessages === 0 && this.customer.peer !== null;
  }
}
