// All interop suites, in the order in which they run.
import type { Suite } from './harness.ts';
import { tsharkSuite } from './suites/tshark.ts';

export const suites: readonly Suite[] = [tsharkSuite];
