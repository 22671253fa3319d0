// Who is there in a run and how they are set up: one account, two operators, and what a story wants otherwise. Times are short, so
// that a message whose fate nobody will tell ends within two virtual minutes.
import type { AccountConfig, GatewayConfig } from '../../src/gateway/config.ts';
import type { GuardConfig, LinkConfig } from '../../src/guard/config.ts';
import type { Behaviour, OperatorConfig } from '../../src/operator/config.ts';
import { gatewayConfig, guardConfig, operatorConfig, PRICE } from '../../src/sim/configs.ts';
import { type AccountPlan, drawPlan, type LinkPlan, type Plan } from '../../src/sim/plan.ts';

export const ACCOUNT = 'acme';
export const CREDIT = 100 * PRICE;
export const ALPHA_PORT = 3001;
export const BETA_PORT = 3002;
const VALIDITY_MS = 60_000;
const GRACE_MS = 30_000;

export interface Setting {
  readonly plan: Plan;
  /** Null: no gateway of ours. */
  readonly gateway: GatewayConfig | null;
  readonly guard: GuardConfig;
  readonly operators: ReadonlyMap<string, OperatorConfig>;
}

export interface Wishes {
  readonly account?: Partial<AccountConfig>;
  readonly accountPlan?: Partial<AccountPlan>;
  readonly gateway?: Partial<GatewayConfig>;
  readonly guard?: Partial<GuardConfig>;
  readonly link?: Partial<LinkConfig>;
  readonly alpha?: Partial<Behaviour>;
  /** A second operator, taken when alpha does not. */
  readonly beta?: boolean;
  /** Submits per second that the operator alpha takes; 0: any. */
  readonly alphaThrottle?: number;
  /** The gateway signs its orders with a secret that the guard does not have. */
  readonly foreignToken?: boolean;
  readonly ownGateway?: boolean;
}

function accountPlan(changes: Partial<AccountPlan>): AccountPlan {
  return {
    name: ACCOUNT,
    way: 'smpp',
    binds: 1,
    split: false,
    window: 50,
    throughput: 0,
    chargeOn: 'accepted',
    onUnknown: 'wait',
    lane: 'normal',
    idFormat: 'opaque',
    creditLimit: 0,
    credit: CREDIT,
    webhook: false,
    messages: 0,
    resends: false,
    version: 0x34,
    ...changes,
  };
}

function linkPlan(name: string, port: number): LinkPlan {
  return {
    name,
    port,
    binds: 1,
    split: false,
    window: 50,
    throttle: 1000,
    operatorThrottle: 0,
    ids: 'hex',
    refusals: 0,
    failures: 0,
    misbehaviour: {},
    receiptMaxMs: 1000,
  };
}

export function settingOf(wishes: Wishes): Setting {
  // Drawn, so that whatever else a plan holds is there; all that matters here is set.
  const plan: Plan = {
    ...drawPlan(1),
    accounts: [accountPlan(wishes.accountPlan ?? {})],
    links:
      wishes.beta === true
        ? [linkPlan('alpha', ALPHA_PORT), linkPlan('beta', BETA_PORT)]
        : [linkPlan('alpha', ALPHA_PORT)],
    weather: { delayMinMs: 1, delayMaxMs: 1, fragments: 0, capacityBytes: 65_536, givesUpMs: 15_000 },
    turnMaxMs: 0,
    weighted: false,
    guardOps: 100,
    gatewayMessages: 100,
  };
  const gateway = gatewayConfig(plan);
  const guard = guardConfig(plan);
  const account = (config: AccountConfig): AccountConfig => ({
    ...config,
    defaultValidityMs: VALIDITY_MS,
    graceMs: GRACE_MS,
    ...wishes.account,
  });
  const operators = plan.links.map((link): [string, OperatorConfig] => {
    const config = operatorConfig(plan, link, 0, true);
    return [
      link.name,
      {
        ...config,
        accounts: config.accounts.map((one) => ({
          ...one,
          throttle: link.name === 'alpha' ? (wishes.alphaThrottle ?? 0) : 0,
        })),
        behaviour: {
          ...config.behaviour,
          latency: { kind: 'fixed', ms: 10 },
          receiptDelay: { kind: 'fixed', ms: 1000 },
          statuses: [{ value: 0, weight: 1 }],
          receipts: [{ value: 2, weight: 1 }],
          ...(link.name === 'alpha' ? wishes.alpha : {}),
        },
      },
    ];
  });
  return {
    plan,
    gateway:
      wishes.ownGateway === false
        ? null
        : {
            ...gateway,
            accounts: gateway.accounts.map(account),
            maxMemoryBytes: 1 << 22,
            guard:
              wishes.foreignToken === true ? { ...gateway.guard, tokenSecret: Buffer.from('another') } : gateway.guard,
            ...wishes.gateway,
          },
    guard: { ...guard, links: guard.links.map((link) => ({ ...link, ...wishes.link })), ...wishes.guard },
    operators: new Map(operators),
  };
}
