// The tables are whole and are read as they are written: every kind of record that the programs write stands in one, no table
// leaves a fault out, and a row that says something wrong fails.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordType as GatewayRecord } from '../../src/gateway/records.ts';
import { RecordType as GuardRecord } from '../../src/guard/records.ts';
import { gatewayTables } from './gateway.tables.ts';
import { gatewayMoreTables } from './gatewayMore.tables.ts';
import { guardTables } from './guard.tables.ts';
import { guardDeadlineTables } from './guardDeadlines.tables.ts';
import { guardPartTables } from './guardParts.tables.ts';
import { guardReceiptTables } from './guardReceipts.tables.ts';
import { play, type Row, rowsOf, type StepTable } from './rows.ts';
import type { ProgramName } from './trip.ts';
import { upkeepTables } from './upkeep.tables.ts';

const tables: readonly StepTable[] = [
  ...gatewayTables,
  ...gatewayMoreTables,
  ...guardTables,
  ...guardReceiptTables,
  ...guardPartTables,
  ...guardDeadlineTables,
  ...upkeepTables,
];

/** Records that need no table of their own, and why. */
const ELSEWHERE: Readonly<Record<ProgramName, ReadonlyMap<number, string>>> = {
  gateway: new Map(),
  guard: new Map([[GuardRecord.sessionClose, 'stands in the batch of ABANDONED, or after everything that matters']]),
};

for (const [program, types] of [
  ['gateway', GatewayRecord],
  ['guard', GuardRecord],
] as const) {
  test(`every kind of record of the ${program} stands in a table`, () => {
    const stepped = new Set<number>();
    for (const { step } of tables) if (step.kind === 'record' && step.program === program) stepped.add(step.type);
    for (const [name, type] of Object.entries(types))
      assert.ok(stepped.has(type) || ELSEWHERE[program].has(type), `${name} stands in no table`);
  });
}

test('every table has each fault of its kind of step once', () => {
  for (const table of tables) assert.ok(rowsOf(table).length > 2);
  const [first] = tables;
  assert.ok(first);
  const without = first.rows.split('\n').filter((line) => !line.includes('dies stored'));
  assert.throws(() => rowsOf({ ...first, rows: without.join('\n') }), /every fault once/);
});

test('a row that expects something else fails, whatever its column', async () => {
  const [table] = gatewayTables;
  const row = table === undefined ? undefined : rowsOf(table).find(({ fault }) => fault === 'dies after');
  assert.ok(table && row);
  await play(table, row);
  for (const [column, cell] of row.cells) {
    const cells = row.cells.map(([name, value]): Row['cells'][number] => [name, name === column ? `${cell}?` : value]);
    await assert.rejects(play(table, { ...row, cells }), assert.AssertionError, column);
  }
});

test('a fault whose step never comes fails', async () => {
  const [table] = gatewayTables;
  assert.ok(table);
  const row = rowsOf(table).find(({ fault }) => fault === 'full');
  assert.ok(row);
  const never = { ...table, step: { kind: 'record', program: 'gateway', type: GatewayRecord.mo, nth: 1 } } as const;
  await assert.rejects(play(never, row), /the step never came/);
});
