// How the tables are written and run. A table is a text, one row per fault, its columns named by its first line; each row is a
// test. Every fault that a step can meet stands in its table once, or the row says why it cannot happen.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Scene, type Story } from './scene.ts';
import { COLUMNS, type Column, checkBooks, look } from './seen.ts';
import { CALL_FAULTS, type Fault, JOURNAL_FAULTS, type Step, WIRE_FAULTS } from './trip.ts';

export interface StepTable {
  /** What the step makes durable, and what follows from it. */
  readonly title: string;
  readonly step: Step;
  readonly story: Story;
  readonly rows: string;
}

export interface Row {
  /** none: the story without a fault. */
  readonly fault: Fault | 'none';
  readonly cells: readonly (readonly [Column, string])[];
  readonly because: string;
  readonly impossible: boolean;
}

const FAULTS_OF: Readonly<Record<Step['kind'], readonly Fault[]>> = {
  record: JOURNAL_FAULTS,
  call: CALL_FAULTS,
  pdu: WIRE_FAULTS,
};

/** Reads a table; throws for what is not one. */
export function rowsOf(table: StepTable): Row[] {
  const [head, ...lines] = table.rows.trim().split('\n').map(cellsOf);
  if (head?.[0] !== 'fault' || head.at(-1) !== 'because') throw new Error(`${table.title}: no head`);
  const columns = head.slice(1, -1).map((name) => {
    const column = COLUMNS.find((one) => one === name);
    if (column === undefined) throw new Error(`${table.title}: no column ${name}`);
    return column;
  });
  const faults: readonly string[] = FAULTS_OF[table.step.kind];
  const rows = lines.map((cells): Row => {
    const [fault = ''] = cells;
    if (fault !== 'none' && !faults.includes(fault)) throw new Error(`${table.title}: no fault ${fault}`);
    const impossible = cells[1] === 'impossible';
    if (cells.length !== (impossible ? 3 : head.length))
      throw new Error(`${table.title}: ${fault}: ${cells.length} cells`);
    const because = cells.at(-1) ?? '';
    if (because === '') throw new Error(`${table.title}: ${fault}: no reason`);
    return {
      fault: fault as Row['fault'],
      cells: impossible ? [] : columns.map((column, i): [Column, string] => [column, cells[i + 1] as string]),
      because,
      impossible,
    };
  });
  assert.deepEqual(rows.map((row) => row.fault).sort(), ['none', ...faults].sort(), `${table.title}: every fault once`);
  return rows;
}

function cellsOf(line: string): string[] {
  return line.split('|').map((cell) => cell.trim());
}

/** Plays the row's story and compares what there was to see. */
export async function play(table: StepTable, row: Row): Promise<void> {
  const trip = row.fault === 'none' ? null : { step: table.step, fault: row.fault };
  const scene = new Scene(table.story, trip, null);
  await scene.play();
  if (trip !== null) assert.ok(scene.town.tripwire?.sprung, 'the step never came');
  const seen = await look(scene);
  const wanted = Object.fromEntries(row.cells);
  const found = Object.fromEntries(row.cells.map(([column]) => [column, seen[column]]));
  assert.deepEqual(found, wanted, row.because);
  checkBooks(scene);
}

export function runTables(name: string, tables: readonly StepTable[]): void {
  describe(name, () => {
    for (const table of tables) {
      describe(`${table.title} (${table.story.says})`, () => {
        for (const row of rowsOf(table)) {
          if (!row.impossible) test(`${row.fault}: ${row.because}`, () => play(table, row));
        }
      });
    }
  });
}
