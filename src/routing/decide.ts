// The routing decision: which links may take a message now, in which order, and why not the others. Pure and without
// strings; `explain` makes the words. Reference §1.9 (route to the next), design law 5.11 (all that decides says why).

import { LinkState } from '../smpp/vendor.ts';
import type { RouteTable } from './table.ts';

/** What routing looks at in a message. */
export type RouteFacts = {
  /** E.164 digits. */
  readonly destination: string;
  /** Index of the account in the table's configuration. */
  readonly account: number;
  /** The sender as it would leave. */
  readonly sender: string;
  /** Any unsigned 32-bit number that is fixed for the message and evenly spread (first octets of its op). */
  readonly hash: number;
  /** Indices of links that have refused this message already. */
  readonly refused: readonly number[];
};

/** How links are, by link index. Kept up to date by the caller, read at each decision. */
export type LinkHealth = {
  /** A LinkState; 0 = never heard of, counts as down. */
  readonly state: Uint8Array;
  /** The link takes nothing before this time, same clock as `now`; 0 = not throttled. */
  readonly throttledUntilMs: Float64Array;
};

/** Codes in `RouteDecision.reasons`. */
export const RouteReason = {
  /** subject: rule. This rule decides. */
  ruleApplies: 1,
  /** subject: link. */
  linkDown: 2,
  linkPaused: 3,
  linkDraining: 4,
  /** The supplier refuses our bind. */
  linkRefused: 5,
  /** subject: link, value: milliseconds until it takes again. */
  linkThrottled: 6,
  /** subject: link. It has refused this message. */
  refusedMessage: 7,
  /** subject: rule. None of its links can take the message; the next rule that fits is tried. */
  fellThrough: 8,
  /** subject: −1. */
  noRule: 9,
  /** subject: link, value: weight. Chosen by weight among the usable ones. */
  chosenByWeight: 10,
} as const;

/**
 * routed: `links` in order of preference. wait: every link that has not refused the message is down, paused or throttled
 * for now; `retryAtMs` is when the first throttle ends, Infinity if only a change of state helps. exhausted: all links of
 * the rules that fit have refused it. noRoute: no rule fits.
 */
export type RouteDecision = {
  readonly kind: 'routed' | 'wait' | 'exhausted' | 'noRoute';
  readonly links: readonly number[];
  readonly retryAtMs: number;
  /** Triples (code, subject, value) in the order in which they arose; see `explain`. */
  readonly reasons: readonly number[];
};

/** Decides the route of a message. The same arguments give the same answer. */
export function decideRoute(facts: RouteFacts, table: RouteTable, health: LinkHealth, now: number): RouteDecision {
  const links: number[] = [];
  const reasons: number[] = [];
  let retryAtMs = Number.POSITIVE_INFINITY;
  let waiting = false;
  let index = table.match(facts.destination, facts.account, facts.sender, -1);
  if (index < 0) {
    reasons.push(RouteReason.noRule, -1, 0);
    return { kind: 'noRoute', links, retryAtMs, reasons };
  }
  while (index >= 0) {
    const rule = table.rules[index]!;
    reasons.push(RouteReason.ruleApplies, index, 0);
    const weights: number[] = [];
    for (let i = 0; i < rule.links.length; i += 1) {
      const link = rule.links[i]!;
      const code = obstacle(link, facts.refused, health, now);
      if (code === 0) {
        links.push(link);
        weights.push(rule.weights[i]!);
        continue;
      }
      const untilMs = health.throttledUntilMs[link] ?? 0;
      const throttled = code === RouteReason.linkThrottled;
      reasons.push(code, link, throttled ? Math.ceil(untilMs - now) : 0);
      if (code !== RouteReason.refusedMessage) waiting = true;
      if (throttled && untilMs < retryAtMs) retryAtMs = untilMs;
    }
    if (links.length > 0) {
      if (rule.weighted && links.length > 1) orderByWeight(links, weights, facts.hash, reasons);
      return { kind: 'routed', links, retryAtMs, reasons };
    }
    if (!rule.fallThrough) break;
    reasons.push(RouteReason.fellThrough, index, 0);
    index = table.match(facts.destination, facts.account, facts.sender, index);
  }
  return { kind: waiting ? 'wait' : 'exhausted', links, retryAtMs, reasons };
}

/** Why a link cannot take the message now, or 0. */
function obstacle(link: number, refused: readonly number[], health: LinkHealth, now: number): number {
  if (refused.length > 0 && refused.includes(link)) return RouteReason.refusedMessage;
  switch (health.state[link]) {
    case LinkState.up:
    case LinkState.slow:
      return (health.throttledUntilMs[link] ?? 0) > now ? RouteReason.linkThrottled : 0;
    case LinkState.paused:
      return RouteReason.linkPaused;
    case LinkState.draining:
      return RouteReason.linkDraining;
    case LinkState.refused:
      return RouteReason.linkRefused;
    default:
      return RouteReason.linkDown;
  }
}

/** Orders links by repeated weighted draws from the message's hash; the first draw is noted. Both arrays are rearranged. */
function orderByWeight(links: number[], weights: number[], hash: number, reasons: number[]): void {
  let draw = hash >>> 0;
  let total = 0;
  for (let i = 0; i < weights.length; i += 1) total += weights[i]!;
  for (let at = 0; at + 1 < links.length; at += 1) {
    // Scaled, not modulo: a hash that is even over 32 bits stays even over the weights.
    let left = Math.floor((draw * total) / 0x1_0000_0000);
    let pick = at;
    while (left >= weights[pick]!) {
      left -= weights[pick]!;
      pick += 1;
    }
    const chosen = links[pick]!;
    const weight = weights[pick]!;
    for (let i = pick; i > at; i -= 1) {
      links[i] = links[i - 1]!;
      weights[i] = weights[i - 1]!;
    }
    links[at] = chosen;
    weights[at] = weight;
    total -= weight;
    if (at === 0) reasons.push(RouteReason.chosenByWeight, chosen, weight);
    draw = Math.imul(draw ^ (draw >>> 15), 0x2c1b3c6d);
    draw = Math.imul(draw ^ (draw >>> 13), 0x297a2d39);
    draw = (draw ^ (draw >>> 16)) >>> 0;
  }
}

/** The reasons of a decision in words, one line each, for the message's history. */
export function explain(reasons: readonly number[], table: RouteTable): string[] {
  const lines: string[] = [];
  for (let i = 0; i + 2 < reasons.length; i += 3)
    lines.push(line(reasons[i]!, reasons[i + 1]!, reasons[i + 2]!, table));
  return lines;
}

function line(code: number, subject: number, value: number, table: RouteTable): string {
  const link = `link ${table.linkNames[subject] ?? subject}`;
  const rule = `rule ${table.rules[subject]?.name ?? subject}`;
  switch (code) {
    case RouteReason.ruleApplies:
      return `${rule} applies`;
    case RouteReason.linkDown:
      return `${link} is down`;
    case RouteReason.linkPaused:
      return `${link} is paused`;
    case RouteReason.linkDraining:
      return `${link} is being drained`;
    case RouteReason.linkRefused:
      return `${link}: the supplier refuses our bind`;
    case RouteReason.linkThrottled:
      return `${link} is throttled for ${value} ms more`;
    case RouteReason.refusedMessage:
      return `${link} has refused this message`;
    case RouteReason.fellThrough:
      return `${rule} has no link that can take it, the next rule is tried`;
    case RouteReason.noRule:
      return 'no rule fits this destination, account and sender';
    case RouteReason.chosenByWeight:
      return `${link} chosen by weight ${value}`;
    default:
      return `reason ${code} (${subject}, ${value})`;
  }
}
