// The timers that hold unless a configuration says otherwise (R4). Data only.
import type { SessionTimers } from './types.ts';

/** SMPP 3.4 §7.2 names the timers and no values; these are ours. */
export const defaultTimers: SessionTimers = {
  sessionInitMs: 10_000,
  bindMs: 10_000,
  unbindMs: 5_000,
  drainMs: 5_000,
  enquireLinkMs: 30_000,
  enquireLinkResponseMs: 10_000,
  responseMs: 30_000,
  inactivityMs: 0,
  bindDecisionMs: 20_000,
  partialPduMs: 10_000,
  stalledWriteMs: 30_000,
};
