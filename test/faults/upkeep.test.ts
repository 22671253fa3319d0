// The fault tables of bind mode and of what keeps disk, memory and secrets bounded, run.
import { guardPartTables } from './guardParts.tables.ts';
import { runTables } from './rows.ts';
import { upkeepTables } from './upkeep.tables.ts';

runTables('the guard in bind mode', guardPartTables);
runTables('upkeep and starts', upkeepTables);
