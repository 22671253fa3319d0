// All interop suites, in the order in which they run.
import type { Suite } from './harness.ts';
import { kannelGuard } from './suites/bindMode.ts';
import { kannelCustomer, netSmppCustomer, nodeCustomer } from './suites/customers.ts';
import { kannelOperator } from './suites/operator.ts';
import { netSmppSupplier, nodeSupplier, osmoMscSupplier } from './suites/suppliers.ts';
import { tsharkSuite } from './suites/tshark.ts';

export const suites: readonly Suite[] = [
  tsharkSuite,
  kannelOperator,
  kannelCustomer,
  nodeCustomer,
  netSmppCustomer,
  nodeSupplier,
  netSmppSupplier,
  osmoMscSupplier,
  kannelGuard,
];
