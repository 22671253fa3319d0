// The load generator: customers of the standard workload (design §8), open loop at a rate or closed by windows, with
// exact lists of what was acknowledged and receipted. A library for the suites, and a program of its own.
import { Digest } from '../src/operator/digest.ts';
import { Bind, type BindOwner } from './bind.ts';
import { Histogram } from './histogram.ts';
import type { LoadOptions, LoadResult } from './loadOptions.ts';
import { digestOctets, ReceiptView, writeSubmit } from './loadPdus.ts';
import { stateNames, Tally } from './tally.ts';
import { Draft, Workload } from './workload.ts';

const TICK_MS = 1;
/** Acknowledgements of receipts are gathered for this long: a customer at some distance does no better. */
const ACK_MS = 4;

export class Load implements BindOwner {
  readonly options: LoadOptions;
  readonly workload: Workload;
  readonly tally: Tally;
  readonly #binds: Bind[] = [];
  readonly #draft = new Draft();
  readonly #digest = new Digest();
  readonly #id = new Digest();
  readonly #receipt = new ReceiptView();
  readonly #submitLatency = new Histogram();
  readonly #cycleLatency = new Histogram();
  #sending = false;
  #turn = 0;
  #startedAt = 0;
  #scheduled = 0;
  #measureFrom = Number.POSITIVE_INFINITY;
  #measureTo = Number.POSITIVE_INFINITY;
  #lifeCycles = 0;
  #mo = 0;
  #refusedBind = 0;
  #ticker: NodeJS.Timeout | null = null;
  #acker: NodeJS.Timeout | null = null;

  constructor(options: LoadOptions, workload: Workload = new Workload(options.workload)) {
    this.options = options;
    this.workload = workload;
    const expected =
      options.rate > 0
        ? options.rate * ((options.warmupMs + options.measureMs) / 1000)
        : Math.min(options.messages, 500_000);
    this.tally = new Tally(workload, Math.max(1024, Math.ceil(Math.min(expected, options.messages) * 1.05)));
    for (let i = 0; i < options.binds; i += 1) {
      // Spread over the accounts, so that binds of one account do not stand together.
      const { accounts } = options.workload;
      const account = (options.firstAccount + Math.floor((i * accounts) / options.binds)) % accounts;
      const { systemId, password } = workload.account(account);
      this.#binds.push(
        new Bind({ host: options.host, port: options.port, systemId, password, window: options.window, account }, this),
      );
    }
  }

  /** Binds, warms up, measures, drains; what came of it. Rejects when a bind is refused. */
  async run(): Promise<LoadResult> {
    await this.connect();
    const { warmupMs, measureMs } = this.options;
    this.begin();
    this.#measureFrom = this.#startedAt + warmupMs;
    this.#measureTo = this.#measureFrom + measureMs;
    const cpu = process.cpuUsage();
    const total = warmupMs + measureMs;
    while (performance.now() < this.#startedAt + total && !this.#done) await this.#wait(Math.min(100, total), total);
    this.end();
    await this.drain();
    const used = process.cpuUsage(cpu);
    this.stop();
    return this.result(used.user + used.system);
  }

  /** Resolves when every bind stands. */
  async connect(): Promise<void> {
    for (const bind of this.#binds) bind.start();
    this.#acker = setInterval(() => {
      for (const bind of this.#binds) bind.flushNow();
    }, ACK_MS);
    while (this.#binds.some((bind) => bind.room === 0)) {
      if (this.#refusedBind !== 0) {
        this.stop();
        throw new Error(`bind refused with status 0x${this.#refusedBind.toString(16)}`);
      }
      await sleep(10);
    }
  }

  /** Starts sending; until `end`. Without `run`, everything from now on is measured. */
  begin(): void {
    this.#startedAt = performance.now();
    this.#measureFrom = this.#startedAt;
    this.#scheduled = 0;
    this.#sending = true;
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
    this.#tick();
  }

  end(): void {
    this.#sending = false;
    if (this.#ticker !== null) clearInterval(this.#ticker);
    if (this.#measureTo === Number.POSITIVE_INFINITY) this.#measureTo = performance.now();
  }

  /** Waits until every acknowledged message has ended and every submit is answered, or time is up. */
  async drain(): Promise<void> {
    const until = performance.now() + this.options.drainMs;
    while (performance.now() < until && (this.tally.unterminated > 0 || this.#inFlight > 0)) await this.#wait(200, 0);
  }

  stop(): void {
    if (this.#acker !== null) clearInterval(this.#acker);
    for (const bind of this.#binds) bind.stop();
  }

  result(cpuMicros: number): LoadResult {
    const { tally } = this;
    const bill = tally.bill();
    const seconds = (Math.min(this.#measureTo, performance.now()) - this.#measureFrom) / 1000;
    let strayReceipts = 0;
    for (const { count } of tally.strays.values()) strayReceipts += count;
    return {
      submitted: tally.submitted,
      acked: tally.acked,
      refused: Object.fromEntries([...tally.refusals].map(([status, count]) => [`0x${status.toString(16)}`, count])),
      unknown: tally.unknown,
      ended: tally.ended,
      unterminated: tally.unterminated,
      states: Object.fromEntries(
        [...tally.states].map(([state, count]) => [stateNames[state] ?? String(state), count]),
      ),
      repeatedReceipts: tally.repeatedReceipts,
      conflictingReceipts: tally.conflictingReceipts,
      repeatedIds: tally.repeatedIds,
      strayReceipts,
      mo: this.#mo,
      reconnects: this.#binds.reduce((sum, bind) => sum + bind.reconnects, 0),
      lifeCycles: this.#lifeCycles,
      measuredSeconds: round(seconds, 3),
      lifeCyclesPerSecond: seconds > 0 ? Math.round(this.#lifeCycles / seconds) : 0,
      submitP50Ms: round(this.#submitLatency.quantileMs(0.5), 2),
      submitP99Ms: round(this.#submitLatency.quantileMs(0.99), 2),
      submitMaxMs: round(this.#submitLatency.maxMs, 2),
      cycleP50Ms: round(this.#cycleLatency.quantileMs(0.5), 1),
      cycleP99Ms: round(this.#cycleLatency.quantileMs(0.99), 1),
      charged: bill.charged,
      chargedByAccount: bill.byAccount,
      held: bill.held,
      chargedUnknown: bill.unknown,
      generatorCpuUs: tally.submitted > 0 ? round(cpuMicros / tally.submitted, 2) : 0,
    };
  }

  // BindOwner

  ready(bind: Bind): void {
    this.room(bind);
  }

  room(bind: Bind): void {
    if (this.#sending && this.options.rate === 0) this.#fill(bind);
  }

  answered(bind: Bind, message: number, status: number, bytes: Buffer, from: number, to: number): void {
    const nowMs = performance.now();
    if (nowMs >= this.#measureFrom && nowMs < this.#measureTo)
      this.#submitLatency.add(nowMs - (this.tally.scheduledAt[message] as number));
    if (status !== 0) this.tally.refuse(message, status);
    else {
      digestOctets(this.#id, bytes, from, to);
      if (this.tally.ack(message, this.#id)) this.#cycleEnded(message, nowMs);
    }
    this.room(bind);
  }

  lost(message: number): void {
    this.tally.lose(message);
  }

  refused(status: number): void {
    // While others stand this is the limit of binds, right after a crash; the bind comes again.
    if (!this.#sending) this.#refusedBind = status;
  }

  deliver(bytes: Buffer, from: number, to: number): void {
    const receipt = this.#receipt;
    receipt.read(bytes, from, to);
    if (!receipt.isReceipt) this.#mo += 1;
    // Intermediate states (3.4 §5.2.28) end nothing.
    if (!receipt.isReceipt || receipt.state < 2) return;
    const message = this.tally.receipt(receipt.id, receipt.state, () =>
      bytes.latin1Slice(receipt.sourceFrom, receipt.sourceTo),
    );
    if (message >= 0) this.#cycleEnded(message, performance.now());
  }

  #cycleEnded(message: number, nowMs: number): void {
    if (nowMs < this.#measureFrom || nowMs >= this.#measureTo) return;
    this.#lifeCycles += 1;
    this.#cycleLatency.add(nowMs - (this.tally.scheduledAt[message] as number));
  }

  get #inFlight(): number {
    let sum = 0;
    for (const bind of this.#binds) sum += bind.inFlight;
    return sum;
  }

  get #done(): boolean {
    return this.tally.submitted >= this.options.messages;
  }

  /** Open loop: everything whose time has come, in bursts over one bind after the other: one write for several. */
  #tick(): void {
    if (!this.#sending) return;
    const { rate } = this.options;
    const nowMs = performance.now();
    if (rate === 0) {
      for (const bind of this.#binds) this.#fill(bind);
      return;
    }
    // The first is due at once, the next a period later.
    const due = Math.floor(((nowMs - this.#startedAt) * rate) / 1000) + 1;
    for (let tried = 0; tried < this.#binds.length && this.#scheduled < due; tried += 1) {
      this.#turn = (this.#turn + 1) % this.#binds.length;
      const bind = this.#binds[this.#turn] as Bind;
      while (this.#scheduled < due && bind.room > 0 && !this.#done) {
        this.#send(bind, this.#startedAt + (this.#scheduled * 1000) / rate);
        this.#scheduled += 1;
      }
    }
  }

  /** Closed loop: as much as the window takes. */
  #fill(bind: Bind): void {
    const { tally } = this;
    const nowMs = performance.now();
    while (
      bind.room > 0 &&
      !this.#done &&
      tally.submitted - tally.refused - tally.unknown - tally.ended < this.options.maxOpen
    ) {
      this.#send(bind, nowMs);
    }
  }

  #send(bind: Bind, scheduledAt: number): void {
    const draft = this.#draft;
    this.workload.draft(this.tally.submitted, draft, this.#digest);
    const message = this.tally.add(scheduledAt, draft.recipient, draft.parts, bind.options.account, this.#digest);
    const { sender, validity, priority } = this.options;
    writeSubmit(bind.out, bind.take(message), draft, this.workload, sender, validity, priority);
    bind.touched();
  }

  async #wait(ms: number, total: number): Promise<void> {
    const left = total > 0 ? Math.max(1, this.#startedAt + total - performance.now()) : ms;
    await sleep(Math.min(ms, left));
    const { tally } = this;
    this.options.progress?.(
      `${tally.submitted} submitted, ${tally.acked} acknowledged, ${tally.ended} ended, ${tally.refused} refused, ${tally.unknown} unknown`,
    );
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

export function round(value: number, places: number): number {
  const factor = 10 ** places;
  return Math.round(value * factor) / factor;
}
