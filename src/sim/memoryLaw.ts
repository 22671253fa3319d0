// The law of bounds: what programs hold in memory stays within their limits at every moment, by what they tell of themselves in
// status and metrics. The only law besides money that asks the programs.
import { PARKED_MAX } from '../base/limits.ts';
import type { Plan } from './plan.ts';
import type { RunningGateway, RunningGuard } from './programs.ts';
import { LawBroken } from './trace.ts';

/** Segments that a link's queue takes whatever its rate, and the longest that it is otherwise, in seconds of its rate. */
const QUEUE_SEGMENTS = 16;
const QUEUE_SECONDS = 0.4;

/** `parts`: those that were taken. What is made of two or more of them is taken whatever the limit, for they were acknowledged. */
export function judgeGatewayMemory({ gateway }: RunningGateway, plan: Plan, parts: number): void {
  const { store } = gateway.core;
  within(store.count, plan.gatewayMessages + Math.floor(parts / 2), 'open messages at the gateway');
  within(store.slab.heldBytes, gateway.core.config.maxMemoryBytes, 'octets of letters at the gateway');
}

export function judgeGuardMemory({ guard }: RunningGuard, plan: Plan): void {
  const { sent, ops, receipts, links } = guard.core;
  within(sent.size, plan.guardOps, 'orders in the memory of the guard');
  within(ops.live, sent.size, 'orders under way at the guard');
  within(receipts.parked, PARKED_MAX, 'receipts parked at the guard');
  for (const { name, queue } of links.byNumber) {
    const throttle = plan.links.find((one) => one.name === name)?.throttle ?? 1;
    // One queue for PINs, one for all others.
    const most = 2 * Math.max(QUEUE_SEGMENTS, Math.ceil(throttle * QUEUE_SECONDS));
    within(queue.waiting, most, `segments that wait for ${name} at the guard`);
  }
}

function within(held: number, most: number, what: string): void {
  if (held > most) throw new LawBroken('8 bounds', `${held} ${what}, allowed are ${most}`);
}
