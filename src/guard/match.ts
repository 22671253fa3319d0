// Which segment a supplier's id names (R26): exact, but for case, by the supplier's conversion, but for leading zeros; of
// several the one to the same destination, not final yet, newest. Looks in memory only.
import { lookupKeys, matchRank } from '../sms/messageId.ts';
import type { Core } from './core.ts';
import type { Link } from './links.ts';
import type { Hit } from './sentStore.ts';

/** Digits at the end that must agree: suppliers write numbers with and without country code. */
const TAIL_DIGITS = 7;
const CONVERTED = 2;
/** Bit of a score: the receipt is for another number. */
const ELSEWHERE = 2;

/** Fills `best` and returns true when the id names a segment of this link. */
export function bestHit(
  core: Core,
  link: Link,
  wanted: { readonly remoteId: string; readonly destination: string },
  best: Hit,
): boolean {
  const { sent } = core;
  const { respBase, receiptBase } = link.config.dialect;
  const hit: Hit = { handle: -1, segment: 0 };
  let bestScore = Number.POSITIVE_INFINITY;
  let bestRank = 0;
  for (const key of lookupKeys(wanted.remoteId, respBase, receiptBase)) {
    for (
      let entry = sent.nextHit(-1, link.number, key, hit);
      entry >= 0;
      entry = sent.nextHit(entry, link.number, key, hit)
    ) {
      if (!sent.sealed(hit.handle) || sent.link(hit.handle) !== link.number) continue;
      const rank = matchRank(sent.remoteId(hit.handle, hit.segment), wanted.remoteId, respBase, receiptBase);
      if (rank === undefined) continue;
      // Entries come newest first, so of equals the newest stays.
      const elsewhere = sameNumber(sent.destination(hit.handle), wanted.destination) ? 0 : ELSEWHERE;
      const score = rank * 4 + elsewhere + (sent.state(hit.handle, hit.segment) !== 0 ? 1 : 0);
      if (score >= bestScore) continue;
      bestScore = score;
      bestRank = rank;
      best.handle = hit.handle;
      best.segment = hit.segment;
    }
  }
  if (bestScore === Number.POSITIVE_INFINITY) return false;
  // A supplier that gives out an id twice: the message to this number may be the one whose answer is still to come.
  if ((bestScore & ELSEWHERE) !== 0 && underWay(core, link, wanted.destination)) return false;
  if (bestRank === 0) link.matchedExactly++;
  else if (bestRank === CONVERTED) core.counters.receipt_ids_converted++;
  return true;
}

/** An order over this link to this number has not all of its answers. */
function underWay(core: Core, link: Link, destination: string): boolean {
  let found = false;
  core.ops.forEach((op) => {
    if (op.target === link && !core.sent.sealed(op.handle) && sameNumber(op.recipient, destination)) found = true;
  });
  return found;
}

function sameNumber(ours: string, theirs: string): boolean {
  if (ours === theirs) return true;
  const tail = Math.min(TAIL_DIGITS, ours.length);
  return theirs.length >= tail && theirs.endsWith(ours.slice(ours.length - tail));
}
