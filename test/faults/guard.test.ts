// The fault tables of the guard with orders, run.
import { guardTables } from './guard.tables.ts';
import { runTables } from './rows.ts';

runTables('the guard with orders', guardTables);
