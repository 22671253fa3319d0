// The fault tables of the guard with receipts and sessions, run.
import { guardReceiptTables } from './guardReceipts.tables.ts';
import { runTables } from './rows.ts';

runTables('the guard with receipts', guardReceiptTables);
