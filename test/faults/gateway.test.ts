// The fault tables of the gateway, run.
import { gatewayTables } from './gateway.tables.ts';
import { gatewayMoreTables } from './gatewayMore.tables.ts';
import { runTables } from './rows.ts';

runTables('the gateway', gatewayTables);
runTables('the gateway, besides', gatewayMoreTables);
