// The fault tables of deadlines in bind mode, run.
import { guardDeadlineTables } from './guardDeadlines.tables.ts';
import { runTables } from './rows.ts';

runTables('deadlines in bind mode', guardDeadlineTables);
