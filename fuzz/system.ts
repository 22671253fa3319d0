// The system under fuzz: operator, guard and gateway as processes, one customer in order, and for each side that is fuzzed an
// account, an upstream or a link of its own.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { linkAccounts, secretFile } from '../bench/configs.ts';
import { type Usage, usageOf } from '../bench/processes.ts';
import { micros, Stack } from '../bench/stack.ts';
import { standardWorkload, Workload } from '../bench/workload.ts';
import { SECRET } from '../test/guard/orders.ts';
import { PREFIX } from './corpus.ts';
import type { Credentials } from './session.ts';

/** Of the customer in order; its process makes the same. */
export const healthyWorkload = { ...standardWorkload, accounts: 1, prefixes: 100, recipients: 10_000 };
export const ACCOUNTS = 8;
/** Micro-units per segment of a fuzzing customer. */
export const PRICE = 10_000;
const WILD_LINKS = ['wild1', 'wild2', 'wild3'];
const WILD_BINDS = 2;
/** How long a message may take: all that was accepted has ended by then, unless it asked for more time. */
export interface Lifetimes {
  readonly validityS: number;
  readonly graceS: number;
}
const ORDER_LINK = 'link4';
const UP_MS = 30_000;

export const fuzzAccount = (index: number): Credentials => ({ systemId: `fuzz${index}`, password: `pw-fz${index}` });
export const ORDERS: Credentials = { systemId: `fuzzer/${ORDER_LINK}`, password: 'pw-ordrs' };
export const PARTS: Credentials = { systemId: 'fuzzparts', password: 'pw-parts' };
export const orderLink = ORDER_LINK;

type Settings = { [name: string]: unknown };

/** What must be as it was when all has settled. */
export interface Standing {
  readonly gateway: Usage;
  readonly guard: Usage;
  readonly gatewayFiles: number;
  readonly guardFiles: number;
  readonly binds: number;
}

export class System {
  readonly stack: Stack;

  private constructor(stack: Stack) {
    this.stack = stack;
  }

  static async prepare(supplierPort: number, { validityS, graceS }: Lifetimes): Promise<System> {
    const stack = await Stack.prepare(new Workload({ ...healthyWorkload, recipients: 1 }), [
      '--receipt-delay',
      '300ms',
    ]);
    const { folder } = stack.plan;
    edit(join(folder, 'guard.yaml'), (guard) => {
      (guard['upstreams'] as Settings[]).push(
        {
          mode: 'token',
          name: 'fuzzer',
          password: secretFile(folder, 'orders', ORDERS.password),
          token_secret: secretFile(folder, 'orders-token', SECRET.toString('latin1')),
        },
        {
          mode: 'bind',
          name: 'parts',
          system_id: PARTS.systemId,
          password: secretFile(folder, 'parts', PARTS.password),
          link: 'link3',
          account: 'parts',
          allowed_senders: ['*'],
        },
      );
      const links = guard['links'] as Settings[];
      for (const name of WILD_LINKS) {
        links.push({
          name,
          supplier: { name: 'Wild', jurisdiction: 'CH' },
          address: `127.0.0.1:${supplierPort}`,
          system_id: name,
          password: secretFile(folder, name, `pw-${name}`),
          binds: WILD_BINDS,
          window: 100,
          throttle_per_second: 5000,
          response_timer: '5s',
          mo: 'gateway',
        });
      }
      guard['limits'] = { connections: 2000, connections_per_address: 1000 };
    });
    edit(join(folder, 'gateway.yaml'), (gateway) => {
      const wild = WILD_LINKS.map((link) => ({ link, weight: 1 }));
      const tame = linkAccounts(stack.plan).map(({ systemId }) => ({ link: systemId, weight: 3 }));
      (gateway['links'] as Settings[]).push(...WILD_LINKS.map((name) => ({ name, window: 100 })));
      (gateway['price_lists'] as Settings[]).push({
        name: 'fuzz',
        currency: 'EUR',
        prices: { [PREFIX]: String(PRICE / 1_000_000) },
      });
      for (let i = 0; i < ACCOUNTS; i++) {
        const { systemId, password } = fuzzAccount(i);
        (gateway['accounts'] as Settings[]).push({
          name: systemId,
          smpp: { system_id: systemId, password: secretFile(folder, systemId, password) },
          window: i % 2 === 0 ? 1000 : 20,
          max_binds: 200,
          price_list: 'fuzz',
          credit_limit: '100000000',
          default_validity: `${validityS}s`,
          grace: `${graceS}s`,
          on_unknown: i % 4 === 3 ? 'retry' : 'wait',
          binary: i % 2 === 0,
        });
        (gateway['routes'] as Settings[]).unshift({
          account: systemId,
          prefix: PREFIX,
          mode: 'weighted',
          links: [...tame, ...wild],
        });
      }
      gateway['mo'] = [{ number: '1234', account: fuzzAccount(0).systemId }];
      gateway['limits'] = { connections: 5000, connections_per_address: 2000 };
    });
    return new System(stack);
  }

  async start(): Promise<void> {
    for (const name of ['operator', 'guard', 'gateway'] as const) await this.stack.start(name);
    await this.tameLinksUp();
  }

  /** The links to the operator in order; the others come and go. */
  async tameLinksUp(): Promise<void> {
    const until = Date.now() + UP_MS;
    for (;;) {
      const { data } = (await this.stack.admin('links')) as {
        readonly data: readonly { name: string; state: string }[];
      };
      const tame = data.filter(({ name }) => !WILD_LINKS.includes(name));
      if (tame.length === this.stack.plan.links && tame.every(({ state }) => state === 'up')) return;
      if (Date.now() > until) throw new Error(`links did not come up: ${JSON.stringify(data)}`);
      await new Promise((go) => setTimeout(go, 50));
    }
  }

  async standing(): Promise<Standing> {
    const status = (await this.stack.admin('status')) as { readonly binds: number };
    const [gateway, guard] = [this.stack.program('gateway').pid, this.stack.program('guard').pid];
    return {
      gateway: usageOf(gateway),
      guard: usageOf(guard),
      gatewayFiles: readdirSync(`/proc/${gateway}/fd`).length,
      guardFiles: readdirSync(`/proc/${guard}/fd`).length,
      binds: status.binds,
    };
  }

  /** Of the fuzzing customers. */
  async openAccounts(): Promise<{
    readonly open: number;
    readonly waiting: number;
    readonly held: number;
    readonly odd: number;
  }> {
    const { data } = (await this.stack.admin('accounts')) as {
      readonly data: readonly {
        readonly account: string;
        readonly balance: { readonly amount: string };
        readonly held: { readonly amount: string };
        readonly open_messages: number;
        readonly waiting_receipts: number;
      }[];
    };
    const sum = { open: 0, waiting: 0, held: 0, odd: 0 };
    for (const account of data.filter((one) => one.account.startsWith('fuzz'))) {
      sum.open += account.open_messages;
      sum.waiting += account.waiting_receipts;
      sum.held += micros(account.held.amount);
      // Every segment costs the same: what is no multiple was charged wrongly.
      sum.odd += Math.abs(micros(account.balance.amount) % PRICE);
    }
    return sum;
  }

  /** Ends what has not left: spoilt times may ask for weeks. */
  async cancelAll(): Promise<void> {
    const { gatewayHttpPort, adminKey } = this.stack.plan;
    for (let i = 0; i < ACCOUNTS; i++) {
      const path = `/api/v1/admin/accounts/${fuzzAccount(i).systemId}/cancel`;
      const answer = await fetch(`http://127.0.0.1:${gatewayHttpPort}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
        body: '{}',
      });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    }
  }
}

function edit(path: string, change: (config: Settings) => void): void {
  const config = parse(readFileSync(path, 'utf8')) as Settings;
  change(config);
  writeFileSync(path, stringify(config));
}
