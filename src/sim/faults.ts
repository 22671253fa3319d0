// Carries out the faults of a plan, and ends them all when their time is over.
import { count, crashNode, type Node, type Town } from './nodes.ts';
import type { SimEnd } from './pipe.ts';
import type { TownFault } from './plan.ts';
import { LawBroken } from './trace.ts';

/** Plans every fault, and the moment from which on nothing goes wrong any more. `settle`: what else that moment means. */
export function planFaults(town: Town, settle: () => void): void {
  const { plan, timeline } = town;
  for (const { atMs, fault } of [...plan.faults, ...plan.more.faults]) {
    timeline.plan(atMs, null, 'fault', () => {
      if (!town.calm) happen(town, fault);
    });
  }
  timeline.plan(plan.faultsEndMs, null, 'faults end', () => {
    town.calm = true;
    town.wire.calm = true;
    town.trace.line('town', 'faults end');
    for (const node of town.nodes.values()) {
      node.fullUntilMs = 0;
      node.slowUntilMs = 0;
      node.unknownNext = false;
      node.life?.dieIn(Number.POSITIVE_INFINITY);
    }
    for (const line of town.wire.lines) {
      line.unstall();
      line.other?.unstall();
    }
    town.wire.healAll();
    settle();
  });
}

/** The end of a program that ended itself: it is started again. */
export function haltNode(town: Town, node: Node, reason: string): void {
  const { life } = node;
  if (life === null) return;
  if (!node.unknownTold) throw new LawBroken('10 no program fails', `${node.name} halts without a cause: ${reason}`);
  count(town, 'halt');
  town.trace.line(node.name, `halts: ${reason}`);
  node.power = false;
  node.downMs = 300;
  town.timeline.plan(town.timeline.nowMs + 1, null, 'halted', () => crashNode(town, node, life));
}

function happen(town: Town, fault: TownFault): void {
  const { timeline, wire, trace, nodes } = town;
  const until = 'ms' in fault ? timeline.nowMs + fault.ms : 0;
  trace.line('town', `fault ${JSON.stringify(fault)}`);
  switch (fault.kind) {
    case 'crash': {
      const node = nodes.get(fault.node);
      if (node?.life == null) return;
      node.power = fault.power;
      node.downMs = fault.downMs;
      node.life.dieIn(fault.steps);
      return;
    }
    case 'vanish': {
      const node = nodes.get(town.plan.accounts[fault.account]?.name ?? '');
      if (node?.life == null) return;
      node.power = fault.ms % 2 === 0;
      node.downMs = fault.ms;
      crashNode(town, node, node.life);
      return;
    }
    case 'partition':
      count(town, 'partition');
      wire.partition(fault.a, fault.b);
      timeline.plan(until, null, 'heal', () => wire.heal(fault.a, fault.b));
      return;
    case 'reset':
    case 'black hole':
    case 'stall': {
      const end = pick(town, fault.pick);
      if (end === null) return;
      count(town, fault.kind);
      trace.line('town', `${fault.kind} on line ${end.line}, ${end.life.node}`);
      if (fault.kind === 'reset') end.break('ECONNRESET');
      else if (fault.kind === 'black hole') {
        end.blackHole = true;
        if (end.other !== null) end.other.blackHole = true;
      } else {
        end.stalled = true;
        timeline.plan(until, null, 'unstall', () => end.unstall());
      }
      return;
    }
    case 'clock': {
      const node = nodes.get(fault.node);
      if (node === undefined) return;
      count(town, 'clock jump');
      node.wall.offsetMs += fault.jumpMs;
      return;
    }
    case 'disk full':
    case 'disk slow':
    case 'disk unknown': {
      const node = nodes.get(fault.node);
      if (node === undefined) return;
      if (fault.kind === 'disk full') node.fullUntilMs = until;
      else if (fault.kind === 'disk slow') {
        count(town, 'slow disk');
        node.slowUntilMs = until;
      } else node.unknownNext = true;
      return;
    }
    case 'webhooks fail':
      count(town, 'webhooks fail');
      town.webhooksFailUntilMs = until;
  }
}

/** One end of a standing connection. */
function pick(town: Town, share: number): SimEnd | null {
  const ends: SimEnd[] = [];
  for (const line of town.wire.lines) if (line.other !== null) ends.push(line, line.other);
  return ends[Math.floor(share * ends.length)] ?? null;
}
