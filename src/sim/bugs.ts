// Deliberate bugs, to show that the checkers find faults. They sit in the simulated world around the programs or change one
// running instance; the programs know nothing of them, and neither do the checkers.
import { MULTI } from '../gateway/core.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Guard } from '../guard/guard.ts';
import type { Link } from '../guard/links.ts';
import type { Journal, JournalBatch } from '../port/journal.ts';
import { OutcomeClass, OutcomeVerdict } from '../smpp/vendor.ts';
import { messageState } from '../sms/messageState.ts';
import type { Node } from './nodes.ts';

const SECOND_MS = 1000;

export interface Bug {
  readonly name: string;
  readonly does: string;
  /** `soon` runs something in the next turn of the program. */
  readonly journal: (node: Node, journal: Journal, soon: (run: () => void) => void) => Journal;
  readonly gateway: (gateway: Gateway) => void;
  readonly guard: (guard: Guard) => void;
}

export const NO_BUG: Bug = {
  name: '',
  does: '',
  journal: (_node, journal) => journal,
  gateway: () => undefined,
  guard: () => undefined,
};

export const bugs: readonly Bug[] = [
  {
    ...NO_BUG,
    name: 'ack-before-commit',
    does: 'the journal of the gateway says durable before it has stored anything',
    journal: (node, journal, soon) => (node.name === 'gateway' ? hasty(journal, soon) : journal),
  },
  {
    ...NO_BUG,
    name: 'receipt-without-link',
    does: 'the guard looks for the message of a receipt among those of all links',
    guard: mixLinks,
  },
  {
    ...NO_BUG,
    name: 'retry-unknown',
    does: 'the guard tells the gateway of an unknown outcome that nothing was emitted',
    guard: denyUnknown,
  },
  {
    ...NO_BUG,
    name: 'free-hold-twice',
    does: 'a hold that ends without a charge is given back a second time',
    gateway: freeTwice,
  },
  {
    ...NO_BUG,
    name: 'forget-parked-receipt',
    does: 'a receipt that comes before its answer is acknowledged and forgotten',
    guard: forgetParked,
  },
  {
    ...NO_BUG,
    name: 'forget-parts-at-restart',
    does: 'parts of another gateway that wait when the guard dies are never sent',
    guard: (guard) => {
      guard.core.upstreams.parts.resume = () => undefined;
    },
  },
  {
    ...NO_BUG,
    name: 'forget-deadline',
    does: "the guard does not end another gateway's message at its deadline",
    guard: forgetDeadline,
  },
  {
    ...NO_BUG,
    name: 'count-anew-each-second',
    does: "the limit of an account is counted from each second of the clock on, so that two seconds' worth may come at once",
    gateway: countAnew,
  },
  {
    ...NO_BUG,
    name: 'first-come-first-served',
    does: 'accounts do not take turns: what waits for a link goes in the order in which it came',
    gateway: noTurns,
  },
  {
    ...NO_BUG,
    name: 'pins-in-line',
    does: 'the guard puts a PIN behind everything that waits for its link',
    guard: pinsInLine,
  },
  {
    ...NO_BUG,
    name: 'forget-link-orders',
    does: 'after a restart the guard does not know which links are paused or drained',
    guard: (guard) => {
      guard.core.linkOrders.restore = () => undefined;
    },
  },
  {
    ...NO_BUG,
    name: 'stop-at-once',
    does: 'the gateway ends at a stop without taking leave of anybody, and before its journal is durable',
    gateway: (gateway) => {
      gateway.stop = () => Promise.resolve();
    },
  },
  {
    ...NO_BUG,
    name: 'skip-destinations',
    does: 'of a submit_multi only the first destination is taken, and all are acknowledged',
    gateway: skipDestinations,
  },
  {
    ...NO_BUG,
    name: 'take-every-order',
    does: 'the guard takes orders for a link as long as it stands, however many wait',
    guard: takeAll,
  },
];

function hasty(journal: Journal, soon: (run: () => void) => void): Journal {
  return {
    ...journal,
    append: (slot, epoch, seq, batch, done) => {
      const copy: JournalBatch = {
        records: Buffer.from(batch.records),
        recordsLength: batch.recordsLength,
        secrets: Buffer.from(batch.secrets),
        secretsLength: batch.secretsLength,
      };
      journal.append(slot, epoch, seq, copy, () => undefined);
      soon(() => done('durable', batch));
    },
  };
}

function mixLinks(guard: Guard): void {
  const { sent } = guard.core;
  const index = sent.index.bind(sent);
  const nextHit = sent.nextHit.bind(sent);
  const link = sent.link.bind(sent);
  let asked = -1;
  sent.index = (handle, segment, _link, key) => index(handle, segment, 0, key);
  sent.nextHit = (entry, wanted, key, hit) => {
    asked = wanted;
    return nextHit(entry, 0, key, hit);
  };
  sent.link = (handle) => (asked >= 0 ? asked : link(handle));
}

function denyUnknown(guard: Guard): void {
  const { answers } = guard.core.upstreams;
  const complete = answers.complete.bind(answers);
  answers.complete = (op) => {
    for (const result of op.results) {
      if (result.outcome !== OutcomeClass.unknown) continue;
      result.outcome = OutcomeClass.notEmitted;
      result.verdict = OutcomeVerdict.retryLater;
    }
    complete(op);
  };
}

function freeTwice(gateway: Gateway): void {
  const { ledger } = gateway.core;
  const settle = ledger.settle.bind(ledger);
  ledger.settle = (account, held, charge) => {
    settle(account, held, charge);
    if (charge === 0 && ledger.view(account).held >= held) settle(account, held, 0);
  };
}

function forgetParked(guard: Guard): void {
  guard.core.receipts.parking.add = () => 'parked';
}

function forgetDeadline(guard: Guard): void {
  const { receipts } = guard.core;
  const settle = receipts.settleOurselves.bind(receipts);
  receipts.settleOurselves = (handle, segment, state, reason) => {
    if (state !== messageState.unknown) settle(handle, segment, state, reason);
  };
}

function countAnew(gateway: Gateway): void {
  const { accounts, world } = gateway.core;
  for (const { quota, config } of accounts.byNumber) {
    if (quota === null) continue;
    let second = -1;
    let used = 0;
    quota.take = (now, segments) => {
      const present = Math.floor(now / SECOND_MS);
      if (present !== second) used = 0;
      second = present;
      if (used >= config.throughput) return (present + 1) * SECOND_MS - world.loop.monotonic();
      used += segments;
      return 0;
    };
  }
}

function noTurns(gateway: Gateway): void {
  for (const { queue } of gateway.core.links.byNumber) {
    const push = queue.push.bind(queue);
    const giveBack = queue.giveBack.bind(queue);
    queue.push = (handle, lane, _account, segments) => push(handle, lane, 0, segments);
    queue.giveBack = (handle, lane, _account, segments) => giveBack(handle, lane, 0, segments);
  }
}

/** Does something with every link as it comes. */
function eachLink(guard: Guard, each: (link: Link) => void): void {
  const { links } = guard.core;
  const configure = links.configure.bind(links);
  links.configure = (configs) => {
    const fresh = configure(configs);
    for (const link of fresh) each(link);
    return fresh;
  };
}

function pinsInLine(guard: Guard): void {
  eachLink(guard, ({ queue }) => {
    const add = queue.add.bind(queue);
    queue.add = (op) => {
      op.lane = Math.max(op.lane, 1);
      add(op);
    };
  });
}

function takeAll(guard: Guard): void {
  eachLink(guard, (link) => {
    const { queue } = link;
    const admits = queue.admits.bind(queue);
    queue.admits = (lane, segments) => (link.usable ? null : admits(lane, segments));
  });
}

function skipDestinations(gateway: Gateway): void {
  const { submits } = gateway;
  const take = submits.take.bind(submits);
  submits.take = (account, pdu, version, multi = '') =>
    multi.length > MULTI.length ? { repeats: '', group: multi, atMs: 0 } : take(account, pdu, version, multi);
}
