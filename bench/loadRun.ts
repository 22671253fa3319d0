// The load generator as a process beside a system under test: started with options by name, waited for, and its results
// added up, so that several runs against one system can be held against its money.
import type { LoadResult } from './loadOptions.ts';
import { lastJson, type Program, startProgram } from './processes.ts';
import { balanceError, type Stack } from './stack.ts';

/** What differs from the standard workload (bench/loadMain.ts). */
export interface LoadFlags {
  readonly seconds: number;
  /** Straight to the operator, not to the gateway. */
  readonly direct?: boolean;
  readonly warmupSeconds: number;
  /** 0: closed by windows. */
  readonly rate?: number;
  readonly mixed?: boolean;
  readonly binds?: number;
  readonly window?: number;
  readonly maxOpen?: number;
  readonly messages?: number;
  readonly series?: number;
  readonly drainSeconds?: number;
  readonly sender?: string;
  /** Compares with what the operator's handsets received. */
  readonly compare?: boolean;
}

export interface Comparison {
  readonly lost: number;
  readonly duplicated: number;
  readonly foreign: number;
}

export type ComparedResult = LoadResult & { readonly handsets?: Comparison };

export function startLoad(stack: Stack, flags: LoadFlags): Promise<Program> {
  const named = (name: string, value: number | string | undefined): string[] =>
    value === undefined ? [] : [`--${name}`, String(value)];
  return startProgram(
    'load',
    [
      'bench/loadMain.ts',
      ...named('port', flags.direct === true ? stack.plan.operatorPort : stack.plan.gatewayPort),
      ...named('seconds', flags.seconds),
      ...named('warmup-seconds', flags.warmupSeconds),
      ...named('rate', flags.rate),
      ...named('binds', flags.binds),
      ...named('window', flags.window),
      ...named('max-open', flags.maxOpen),
      ...named('messages', flags.messages),
      ...named('series', flags.series),
      ...named('drain-seconds', flags.drainSeconds),
      ...named('sender', flags.sender),
      ...(flags.compare === true ? ['--handsets', `http://127.0.0.1:${stack.plan.operatorHttpPort}`] : []),
      ...(flags.mixed === true ? ['--mixed'] : []),
      '--quiet',
    ],
    null,
  );
}

/** Waits for its end. Rejects when it failed. */
export async function loadResult(load: Program): Promise<ComparedResult> {
  if ((await load.ended) !== 0) throw new Error(`load generator failed: ${load.errors()}`);
  return lastJson(load.output()) as ComparedResult;
}

export async function runLoad(stack: Stack, flags: LoadFlags): Promise<ComparedResult> {
  return loadResult(await startLoad(stack, flags));
}

/** What several runs against one system were charged, and what they lost. */
export class Books {
  readonly #charged: { [name: string]: number } = {};
  #held = 0;
  lost = 0;

  add(result: ComparedResult): void {
    for (const [name, amount] of Object.entries(result.chargedByAccount))
      this.#charged[name] = (this.#charged[name] ?? 0) + amount;
    this.#held += result.held;
    this.lost += result.unterminated + (result.handsets?.lost ?? 0);
  }

  /** Micro-units by which the system's money differs. */
  async error(stack: Stack): Promise<number> {
    return balanceError(await stack.money(), { chargedByAccount: this.#charged, held: this.#held });
  }
}

/** The middle value; of an even number the lower one of the two. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? Number.NaN;
}

/** One line of JSON, or the same for people. */
export function tell(figures: object, json: boolean): void {
  process.stdout.write(`${json ? JSON.stringify(figures) : JSON.stringify(figures, null, 2)}\n`);
}
