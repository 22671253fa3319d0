// Where a run goes wrong and how: one step of one program, and what befalls it there. A step is the writing of a record, a call
// that lets go of something, or a PDU; the fault happens once, at exactly that step.
import { readRecords } from '../../src/driver/records.ts';
import type { JournalBatch } from '../../src/port/journal.ts';

export type ProgramName = 'gateway' | 'guard';

/**
 * Of the journal: full: not stored for a second, then there is room. fenced: told that another owner has come, not stored.
 * unknown, stored / lost: the write fails; the disk has the batch, or not. dies before: the batch is never given to the disk.
 * dies stored: the disk has it, nobody was told. dies told: the program was told, nothing that it did then has left.
 * dies after: what it did then is on the wire, and nothing has come back.
 */
export const JOURNAL_FAULTS = [
  'full',
  'fenced',
  'unknown, stored',
  'unknown, lost',
  'dies before',
  'dies stored',
  'dies told',
  'dies after',
] as const;
export type JournalFault = (typeof JOURNAL_FAULTS)[number];

/** Of calls without a record. fails: answered with no. power fails: the machine goes, what was not synced is as it was before. */
export const CALL_FAULTS = ['fails', 'dies before', 'dies after', 'power fails'] as const;
export type CallFault = (typeof CALL_FAULTS)[number];

/** Of a PDU: the program ends just before it is written, or when it is written and nothing has come back. */
export const WIRE_FAULTS = ['dies before', 'dies after'] as const;
export type WireFault = (typeof WIRE_FAULTS)[number];

export type Fault = JournalFault | CallFault | WireFault;

export type Step =
  | { readonly kind: 'record'; readonly program: ProgramName; readonly type: number; readonly nth: number }
  | { readonly kind: 'call'; readonly program: ProgramName; readonly call: CallName; readonly nth: number }
  | { readonly kind: 'pdu'; readonly program: ProgramName; readonly command: number; readonly port: number };

/** secrets: keys of batches are destroyed. trim: batches are forgotten. flush: a run of a spill is written. */
export type CallName = 'secrets' | 'trim' | 'flush';

export interface Trip {
  readonly step: Step;
  readonly fault: Fault;
}

/** Waits for its step. One per run; also counts how often the step has come. */
export class Tripwire {
  readonly trip: Trip;
  armed = false;
  sprung = false;
  #count = 0;

  constructor(trip: Trip) {
    this.trip = trip;
  }

  /** The batch that is about to be appended holds the record; true once. */
  batch(program: string, batch: JournalBatch): boolean {
    const { step } = this.trip;
    if (!this.armed || this.sprung || step.kind !== 'record' || step.program !== program) return false;
    let found = false;
    readRecords(batch.records.subarray(0, batch.recordsLength), (type) => {
      if (type === step.type && this.#hit(step.nth)) found = true;
    });
    return found;
  }

  call(program: string, call: CallName): boolean {
    const { step } = this.trip;
    if (!this.armed || this.sprung || step.kind !== 'call' || step.program !== program || step.call !== call)
      return false;
    return this.#hit(step.nth);
  }

  /** The octets hold the PDU: they are what one turn writes to one connection. */
  octets(program: string, port: number, bytes: Buffer): boolean {
    const { step } = this.trip;
    if (!this.armed || this.sprung || step.kind !== 'pdu' || step.program !== program || step.port !== port)
      return false;
    for (let at = 0; at + 16 <= bytes.length; at += bytes.readUInt32BE(at))
      if (bytes.readUInt32BE(at + 4) === step.command) return this.#hit(1);
    return false;
  }

  #hit(nth: number): boolean {
    this.#count++;
    if (this.#count !== nth) return false;
    this.sprung = true;
    return true;
  }
}

/** Steps, as the tables name them. `nth`: which writing of such a record since the story began. */
export function gatewayRecord(type: number, nth = 1): Step {
  return { kind: 'record', program: 'gateway', type, nth };
}

export function guardRecord(type: number, nth = 1): Step {
  return { kind: 'record', program: 'guard', type, nth };
}

export function callOf(program: ProgramName, call: CallName): Step {
  return { kind: 'call', program, call, nth: 1 };
}

export function pduOf(program: ProgramName, command: number, port: number): Step {
  return { kind: 'pdu', program, command, port };
}
