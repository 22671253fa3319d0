// The first records of a run: START, then RECOVERY and what it says about each open number and session of a crash.
import { OutcomeClass } from '../smpp/vendor.ts';
import type { Core } from './core.ts';
import { RecordType, writeResult } from './records.ts';
import type { Past } from './recover.ts';
import { CloseCause, type StartRecord, writeRecovery, writeSessionClose, writeStart } from './runRecords.ts';

const NO_MEASUREMENT = '\0'.repeat(32);

/** Writes them into the batch that gathers, START first; ids of this run begin above all of earlier ones. */
export function beginRun(core: Core, past: Past): StartRecord {
  const { log, world, ids, random, config } = core;
  const nowMs = world.loop.now();
  const firstId = ids.begin(nowMs, Math.max(past.highestId, past.lastStart?.firstId ?? 0));
  const start: StartRecord = {
    at: nowMs,
    firstId,
    guardId: past.lastStart?.guardId ?? random.latin1(8),
    measurement: NO_MEASUREMENT,
    configHash: config.configHash.latin1Slice(0, 32),
  };
  writeStart(log.begin(RecordType.start), start);
  log.end();
  if (past.voids.length > 0 || past.openSessions.length > 0) {
    world.log.warn('recovered after a crash', { unknown: past.unknown.length, sessions: past.openSessions.length });
    writeRecovery(log.begin(RecordType.recovery), { at: nowMs, ranges: past.voids });
    log.end();
  }
  for (const { op, segment } of past.unknown) {
    writeResult(log.begin(RecordType.result), {
      op,
      segment,
      at: nowMs,
      outcome: OutcomeClass.unknown,
      verdict: 0,
      status: 0,
      remoteId: '',
    });
    log.end();
  }
  for (const { session, lastSequence } of past.openSessions) {
    writeSessionClose(log.begin(RecordType.sessionClose), {
      at: nowMs,
      session,
      lastSequence,
      cause: CloseCause.lost,
      octetsOut: 0,
      octetsIn: 0,
    });
    log.end();
  }
  return start;
}
