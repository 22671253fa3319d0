// Gives an order that has not begun back to those who asked: nothing of it was journalled, so it has never been.
import type { Core } from './core.ts';
import type { Op } from './op.ts';
import type { Held } from './waitingOrders.ts';

/** Answers why and forgets the order. */
export function giveBack(core: Core, op: Op, { status, reason, retryAfterMs }: Held): void {
  const { log, sent, ops, upstreams, receipts, counters } = core;
  counters.orders_refused++;
  if (op.askers.length === 0) upstreams.partsOut.givenBack(op, retryAfterMs);
  for (let i = 0; i < op.askers.length; i++) {
    const peer = op.askers[i];
    if (peer) upstreams.answers.refuse(peer, op.askedAs[i] as number, status, reason, retryAfterMs);
  }
  const { handle } = op;
  const home = sent.home(handle);
  if (home >= 0) log.live(home, -1);
  ops.release(op);
  sent.release(handle, receipts.keyOf);
}
