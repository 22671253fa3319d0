// How fast the journal is: 100 records of 300 octets per commit, through driver/commit.ts and through the bare port.
// `--json`: one line of JSON. `--seconds N`: per measurement, default 3.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommitLog } from '../src/driver/commit.ts';
import { type HostJournal, openJournal } from '../src/host/journal.ts';
import type { Loop } from '../src/port/loop.ts';

const RECORD_OCTETS = 300;
const RECORDS = 100;

const loop: Loop = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  wakeAt(atMs, run) {
    const timer = setTimeout(run, Math.max(0, Math.ceil(atMs - performance.now())));
    return { cancel: () => clearTimeout(timer) };
  },
  endOfTurn: (run) => void setImmediate(run),
};

function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

async function opened(folder: string): Promise<HostJournal> {
  const journal = await openJournal({ folder, storageSecret: Buffer.alloc(32, 7) });
  if (!journal.ok) throw new Error(`${journal.error.code}: ${folder}`);
  return journal.value;
}

interface Cost {
  readonly mainMicros: number;
  readonly workerMicros: number;
}

async function cost(journal: HostJournal): Promise<Cost> {
  const { user, system } = process.threadCpuUsage();
  return { mainMicros: user + system, workerMicros: await journal.workerCpuMicros() };
}

/** One batch after the other: what a commit takes. */
async function bare(journal: HostJournal, seconds: number): Promise<object> {
  const batch = {
    records: Buffer.allocUnsafeSlow(RECORDS * RECORD_OCTETS).fill(1),
    recordsLength: RECORDS * RECORD_OCTETS,
    secrets: Buffer.allocUnsafeSlow(16),
    secretsLength: 0,
  };
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  await new Promise<void>((resolve) => {
    let seq = 0;
    let at = 0;
    const next = (): void => {
      at = performance.now();
      journal.append(0, 1, ++seq, batch, (outcome) => {
        if (outcome !== 'durable') throw new Error(outcome);
        const now = performance.now();
        times.push(now - at);
        if (now >= end) resolve();
        else next();
      });
    };
    next();
  });
  const sorted = Float64Array.from(times).sort();
  return {
    records_per_second: Math.round((times.length * RECORDS) / seconds),
    p50_ms: +percentile(sorted, 0.5).toFixed(3),
    p99_ms: +percentile(sorted, 0.99).toFixed(3),
  };
}

/** Records through the commit log with secrets of 100 octets, `rate` per second (0: as fast as it goes), each waited for. */
async function throughLog(journal: HostJournal, slot: number, seconds: number, rate: number): Promise<object> {
  const log = new CommitLog({
    journal,
    loop,
    slot,
    epoch: 1,
    onOutcome: (state) => {
      throw new Error(state);
    },
  });
  await new Promise<void>((resolve) => log.recover(() => {}, resolve));
  log.recovered();
  const payload = Buffer.alloc(RECORD_OCTETS - 9, 2);
  const body = Buffer.alloc(100, 3);
  const waits = new Float64Array(8_000_000);
  const startedAt = new Float64Array(1 << 20);
  let written = 0;
  let durable = 0;
  const taken = (index: number): void => {
    waits[durable++] = performance.now() - (startedAt[index & 0xfffff] as number);
  };
  const write = (now: number): void => {
    const w = log.begin(1);
    w.u32(log.secret(body));
    w.bytes(payload);
    log.end();
    log.live(log.seq, 1);
    log.secretLive(log.seq, 1);
    log.live(log.seq, -1);
    log.secretLive(log.seq, -1);
    startedAt[written & 0xfffff] = now;
    log.after(taken, written++);
  };
  const before = await cost(journal);
  const began = performance.now();
  const end = began + seconds * 1000;
  await new Promise<void>((resolve) => {
    const turn = (): void => {
      const now = performance.now();
      if (now >= end) {
        if (durable === written) resolve();
        else setImmediate(turn);
        return;
      }
      const due = rate === 0 ? written + 200 : Math.floor(((now - began) * rate) / 1000);
      while (written < due && written - durable < 10_000 && log.accepting) write(now);
      if (rate === 0) setImmediate(turn);
      else setTimeout(turn, 1);
    };
    turn();
  });
  const took = (performance.now() - began) / 1000;
  const after = await cost(journal);
  const sorted = waits.subarray(0, durable).sort();
  return {
    records_per_second: Math.round(durable / took),
    p50_ms: +percentile(sorted, 0.5).toFixed(3),
    p99_ms: +percentile(sorted, 0.99).toFixed(3),
    main_us_per_record: +((after.mainMicros - before.mainMicros) / durable).toFixed(3),
    worker_us_per_record: +((after.workerMicros - before.workerMicros) / durable).toFixed(3),
  };
}

const json = process.argv.includes('--json');
const secondsAt = process.argv.indexOf('--seconds');
const seconds = secondsAt < 0 ? 3 : Number(process.argv[secondsAt + 1]);
const folder = mkdtempSync(join(tmpdir(), 'glaspost-journal-'));
try {
  const journal = await opened(folder);
  const result = {
    bare: await bare(journal, seconds),
    log_full: await throughLog(journal, 1, seconds, 0),
    log_20000: await throughLog(journal, 2, seconds, 20_000),
    ...journal.stats(),
  };
  await journal.close();
  console.log(json ? JSON.stringify(result) : JSON.stringify(result, null, 2));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
