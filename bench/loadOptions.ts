// What the load generator is told, and what it tells at the end. Types and the standard values only.
import { standardWorkload, type WorkloadOptions } from './workload.ts';

export interface LoadOptions {
  readonly workload: WorkloadOptions;
  readonly host: string;
  readonly port: number;
  readonly binds: number;
  /** Account of the first bind; the others are spread over the rest. */
  readonly firstAccount: number;
  /** Unanswered submits per bind. */
  readonly window: number;
  /** Submits per second over all binds; 0: as many as the windows let through. */
  readonly rate: number;
  /** Closed loop: acknowledged messages without a receipt plus unanswered ones, at most. */
  readonly maxOpen: number;
  /** Stop after so many submits. */
  readonly messages: number;
  readonly warmupMs: number;
  readonly measureMs: number;
  /** How long to wait for receipts after the last submit. */
  readonly drainMs: number;
  readonly sender: string;
  /** priority_flag (SMPP 3.4 §5.2.14). */
  readonly priority: number;
  /** validity_period, e.g. `000100000000000R`; empty: none. */
  readonly validity: string;
  /** Called now and then with a line for people. */
  readonly progress: ((line: string) => void) | null;
}

/**
 * Messages that are open at once in a closed loop: at 20,000/s and with receipts after a second twenty thousand are always
 * open, and with twice that this bound is not what is measured.
 */
export const OPEN_MAX = 40_000;

export const standardLoad: LoadOptions = {
  workload: standardWorkload,
  host: '127.0.0.1',
  port: 2775,
  binds: 8,
  firstAccount: 0,
  window: 250,
  rate: 0,
  maxOpen: OPEN_MAX,
  messages: Number.POSITIVE_INFINITY,
  warmupMs: 5000,
  measureMs: 20_000,
  drainMs: 60_000,
  sender: 'GLASPOST',
  priority: 0,
  validity: '',
  progress: null,
};

export interface LoadResult {
  readonly submitted: number;
  readonly acked: number;
  readonly refused: { readonly [status: string]: number };
  /** Submits whose connection ended before the answer. */
  readonly unknown: number;
  readonly ended: number;
  readonly unterminated: number;
  readonly states: { readonly [word: string]: number };
  readonly repeatedReceipts: number;
  readonly conflictingReceipts: number;
  readonly repeatedIds: number;
  readonly strayReceipts: number;
  readonly mo: number;
  readonly reconnects: number;
  /** Life cycles that ended within the interval of measurement. */
  readonly lifeCycles: number;
  readonly measuredSeconds: number;
  readonly lifeCyclesPerSecond: number;
  /** Scheduled send → response, of responses within the interval. */
  readonly submitP50Ms: number;
  readonly submitP99Ms: number;
  readonly submitMaxMs: number;
  /** Scheduled send → receipt. */
  readonly cycleP50Ms: number;
  readonly cycleP99Ms: number;
  readonly charged: number;
  readonly chargedByAccount: { readonly [name: string]: number };
  readonly held: number;
  readonly chargedUnknown: number;
  /** CPU of this process per submitted message, start and drain included. */
  readonly generatorCpuUs: number;
}
