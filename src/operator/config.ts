// What the simulated operator is told: plain values, already read and validated (spec.ts, main/operator.ts), and what is
// assumed where nothing is said.
import type { TlsServerOptions } from '../port/net.ts';
import type { Distribution, Weighted } from './chance.ts';
import { type FaultRates, noFaults } from './faults.ts';

/** Final states of a receipt, with the words of SMPP 3.4 App. B. */
export const receiptStates = [
  { word: 'DELIVRD', state: 2 },
  { word: 'EXPIRED', state: 3 },
  { word: 'DELETED', state: 4 },
  { word: 'UNDELIV', state: 5 },
  { word: 'ACCEPTD', state: 6 },
  { word: 'UNKNOWN', state: 7 },
  { word: 'REJECTD', state: 8 },
] as const;

/** message_state of a delivered message (SMPP 3.4 §5.2.28). */
export const DELIVERED = 2;

export interface OperatorAccount {
  readonly systemId: string;
  readonly password: string;
  /** Submits per second over all binds; beyond it 0x58. 0: no limit. */
  readonly throttle: number;
  /** Unanswered submits per connection; beyond it 0x58. 0: no limit. */
  readonly window: number;
  readonly maxBinds: number;
}

/** What may change while the operator runs (`PATCH /settings`). */
export interface Behaviour {
  /** submit_sm → submit_sm_resp. */
  readonly latency: Distribution;
  /** submit_sm → receipt. */
  readonly receiptDelay: Distribution;
  /** command_status of the responses; 0 takes the message. */
  readonly statuses: Weighted<number>;
  /** message_state of the receipts. */
  readonly receipts: Weighted<number>;
  readonly faults: FaultRates;
  /** `accepts-slowly`: bind → its response. */
  readonly slowAcceptMs: number;
  /** `reads-slowly`: bytes read per second. */
  readonly slowReadBytesPerSecond: number;
  /** MO messages per second, made up, to every account in turn; 0: none. */
  readonly moPerSecond: number;
}

/** texts: everything that handsets received is kept, up to `handsetMessages`. counts: only a digest of each message. */
export type HandsetMode = 'texts' | 'counts';

export interface OperatorConfig {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsServerOptions | null;
  /** null: no HTTP. */
  readonly http: { readonly host: string; readonly port: number } | null;
  /** Our own system_id in bind responses. */
  readonly systemId: string;
  readonly accounts: readonly OperatorAccount[];
  readonly behaviour: Behaviour;
  readonly handsets: HandsetMode;
  /** Parts kept in `texts` mode; the oldest go first. */
  readonly handsetMessages: number;
  /** How message ids are written in responses and receipts. */
  readonly messageIds: 'hex' | 'dec';
  /** What data_coding 0 means here. */
  readonly defaultAlphabet: 'gsm7' | 'latin1';
  /** deliver_sm without an answer, per connection. */
  readonly deliverWindow: number;
  /** Silence of the peer → enquire_link; 0: never. */
  readonly enquireLinkMs: number;
  /** Connection → bind. */
  readonly sessionInitMs: number;
  /** deliver_sm → its response; then it is sent again. */
  readonly deliverTimeoutMs: number;
  readonly maxConnections: number;
  /** Responses and receipts go out at multiples of this: several in one write at high rates. */
  readonly grainMs: number;
  readonly seed: number;
}

/** A well-behaved operator: answers after 5–20 ms, delivers everything, receipts after a second. */
export const defaultBehaviour: Behaviour = {
  latency: { kind: 'uniform', fromMs: 5, toMs: 20 },
  receiptDelay: { kind: 'fixed', ms: 1000 },
  statuses: [{ value: 0, weight: 1 }],
  receipts: [{ value: DELIVERED, weight: 1 }],
  faults: noFaults,
  slowAcceptMs: 5000,
  slowReadBytesPerSecond: 2000,
  moPerSecond: 0,
};

/** Defaults for everything but the accounts. */
export const defaultConfig: Omit<OperatorConfig, 'accounts'> = {
  host: '127.0.0.1',
  port: 2775,
  tls: null,
  http: { host: '127.0.0.1', port: 8085 },
  systemId: 'operator',
  behaviour: defaultBehaviour,
  handsets: 'texts',
  handsetMessages: 200_000,
  messageIds: 'hex',
  defaultAlphabet: 'gsm7',
  deliverWindow: 500,
  enquireLinkMs: 30_000,
  sessionInitMs: 10_000,
  deliverTimeoutMs: 30_000,
  maxConnections: 1000,
  grainMs: 1,
  seed: 1,
};
