// Whether a link takes an order now: its queue is a fraction of a second long, PINs first; what waits longer waits in the gateway,
// from where it can still go another way.
import { Status } from '../smpp/status.table.ts';
import type { Link } from './links.ts';
import type { Pace } from './pace.ts';
import type { Held, WaitingOrders } from './waitingOrders.ts';

/** Orders are taken while what is ahead of them leaves within this time, longer while commits are slow; PINs count only PINs ahead. */
const QUEUE_MS = 100;
const QUEUE_AHEADS = 4;
/** Shorter than an order waits at most. */
const QUEUE_MAX_MS = 400;
const QUEUE_PIN_MS = 250;
/** Segments that may wait for the window whatever the pace, so that a slow link still finds work when an answer comes. */
const QUEUE_SEGMENTS_MIN = 16;
const RETRY_DOWN_MS = 1000;
const RETRY_WINDOW_MS = 50;
const PIN = 0;

export const linkDown = (link: Link): Held => ({
  status: Status.ESME_RMSGQFUL,
  reason: link.reason === '' ? 'link is down' : link.reason,
  retryAfterMs: RETRY_DOWN_MS,
});

export const windowsFull: Held = {
  status: Status.ESME_RMSGQFUL,
  reason: 'the windows of the link are full',
  retryAfterMs: RETRY_WINDOW_MS,
};

/** Null: an order of so many segments may come now. `underway`: segments that have their number and not yet left. */
export function admits(
  link: Link,
  pace: Pace,
  waiting: WaitingOrders,
  underway: number,
  lane: number,
  segments: number,
  now: number,
): Held | null {
  if (!link.usable) return linkDown(link);
  // What has its numbers goes before a PIN wherever that waits; elsewhere others would overtake it.
  const ahead = waiting.ahead(lane) + (lane === PIN ? 0 : underway);
  const waitMs = pace.after(link.pacer, now, ahead + 1) - now;
  const queueMs = Math.min(QUEUE_MAX_MS, Math.max(QUEUE_MS, QUEUE_AHEADS * pace.aheadMs));
  const mostMs = lane === PIN ? QUEUE_PIN_MS : queueMs;
  // A PIN without PINs ahead has the next slot, however far it is: away in the gateway, others would have it.
  const next = lane === PIN && ahead === 0;
  if (waitMs > mostMs && !next) {
    // The next ones come while half of these still wait, so that the link never runs dry.
    const retryAfterMs = waitMs - mostMs / 2;
    return { status: Status.ESME_RTHROTTLED, reason: 'the link is at its rate', retryAfterMs };
  }
  const queued = waiting.of(lane);
  const most = Math.max(QUEUE_SEGMENTS_MIN, Math.ceil((link.pacer.rate(now) * queueMs) / 1000));
  return queued > 0 && queued + segments > most ? windowsFull : null;
}
