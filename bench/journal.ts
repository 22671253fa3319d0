// How fast the journal is: 100 records of 300 octets per commit, through driver/commit.ts and through the bare port.
// `--json`: one line of JSON. `--seconds N`: per measurement, default 3.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ByteWriter } from '../src/base/bytes.ts';
import { CommitLog } from '../src/driver/commit.ts';
import { type HostJournal, openJournal } from '../src/host/journal.ts';
import { createLoop } from '../src/host/loop.ts';

const RECORD_OCTETS = 300;
const RECORDS = 100;
/** Records written and not yet durable: as many as a few full customer windows. */
const WINDOW = 10_000;

const loop = createLoop();

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
  const homes = new Float64Array(1 << 20);
  let written = 0;
  let durable = 0;
  const taken = (index: number): void => {
    const home = homes[index & 0xfffff] as number;
    log.live(home, -1);
    log.secretLive(home, -1);
    waits[durable++] = performance.now() - (startedAt[index & 0xfffff] as number);
  };
  const write = (now: number): void => {
    const w = log.begin(1);
    w.u32(log.secret(body));
    w.bytes(payload);
    log.end();
    log.live(log.seq, 1);
    log.secretLive(log.seq, 1);
    homes[written & 0xfffff] = log.seq;
    startedAt[written & 0xfffff] = now;
    log.after(taken, written++);
  };
  const before = await cost(journal);
  const began = performance.now();
  const end = began + seconds * 1000;
  let writingMs = 0;
  await new Promise<void>((resolve) => {
    const turn = (): void => {
      const now = performance.now();
      if (now >= end) {
        log.after(() => resolve(), 0);
        return;
      }
      const due = rate === 0 ? written + 200 : Math.floor(((now - began) * rate) / 1000);
      const start = performance.now();
      while (written < due && written - durable < WINDOW && log.accepting) write(now);
      writingMs += performance.now() - start;
      if (rate > 0) setTimeout(turn, 1);
      else if (written - durable < WINDOW) setImmediate(turn);
      else log.after(turn, 0);
    };
    turn();
  });
  const took = (performance.now() - began) / 1000;
  const after = await cost(journal);
  const sorted = waits.subarray(0, durable).sort();
  const writing = (writingMs * 1000) / durable;
  return {
    records_per_second: Math.round(durable / took),
    p50_ms: +percentile(sorted, 0.5).toFixed(3),
    p99_ms: +percentile(sorted, 0.99).toFixed(3),
    main_us_per_record: +((after.mainMicros - before.mainMicros) / durable).toFixed(3),
    writing_us_per_record: +writing.toFixed(3),
    beyond_bytes_us_per_record: +(writing - octetsOnly(payload, body)).toFixed(3),
    worker_us_per_record: +((after.workerMicros - before.workerMicros) / durable).toFixed(3),
  };
}

/** Microseconds for the octets of one record alone, in writers of the same size. */
function octetsOnly(payload: Buffer, body: Buffer): number {
  const records = new ByteWriter(524_288);
  const secrets = new ByteWriter(262_144);
  const many = 300_000;
  const start = performance.now();
  for (let i = 0; i < many; i++) {
    if (i % 800 === 0) {
      records.reset();
      secrets.reset();
    }
    secrets.bytes(body);
    records.u32(i);
    records.bytes(payload);
  }
  return ((performance.now() - start) * 1000) / many;
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
