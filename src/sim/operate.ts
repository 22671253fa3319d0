// Carries out what people do to the programs, over the doors that people have: the guard's admin, and what SIGHUP and SIGTERM do.
// When faults end everything is as the plan has it again.
import { adminHandler } from '../guard/admin.ts';
import type { Life } from './life.ts';
import { count, crashNode, type Node, type Town } from './nodes.ts';
import { type Operation, UNCHANGED } from './operations.ts';
import type { Programs } from './programs.ts';
import { LawBroken } from './trace.ts';

const TOKEN = 'token of the admin';
/** A program that does not end after SIGTERM is killed (main/supervisor.ts waits longer). */
const KILL_MS = 20_000;
/** The programs wait this long for others at a stop, and then leave all the same. */
const PATIENCE_MS = 10_000;
const AGAIN_MS = 500;

export class Operate {
  readonly #town: Town;
  readonly #programs: Programs;
  readonly #fail: (error: unknown) => void;
  readonly #stopping = new Set<Life>();

  constructor(town: Town, programs: Programs, fail: (error: unknown) => void) {
    this.#town = town;
    this.#programs = programs;
    this.#fail = fail;
  }

  plan(): void {
    const { timeline, plan } = this.#town;
    const { operations } = plan.more;
    if (operations.length === 0) return;
    for (const { atMs, operation } of operations)
      timeline.plan(atMs, null, 'operation', () => {
        if (!this.#town.calm) this.#happen(operation);
      });
    timeline.plan(plan.faultsEndMs, null, 'operations end', () => {
      for (const node of ['gateway', 'guard'] as const) this.#happen({ kind: 'reload', node, change: UNCHANGED });
      for (const { name } of plan.links) this.#resume(name);
    });
  }

  /** Until the guard has said that it holds. */
  #resume(link: string): void {
    const { timeline } = this.#town;
    let done = false;
    this.#order(link, 'resume', () => {
      done = true;
    });
    timeline.plan(timeline.nowMs + AGAIN_MS, null, 'operation', () => {
      if (!done) this.#resume(link);
    });
  }

  #happen(operation: Operation): void {
    this.#town.trace.line('town', `operation ${JSON.stringify(operation)}`);
    switch (operation.kind) {
      case 'stop':
        this.#stop(operation.node, operation.downMs);
        return;
      case 'reload':
        count(this.#town, 'reload');
        this.#programs.change(operation.node, operation.change);
        return;
      default:
        this.#order(operation.link, operation.kind, () => count(this.#town, `link ${operation.kind}`));
    }
  }

  /** Over the guard's admin; nothing happens while no guard listens. `done`: it was answered. */
  #order(link: string, order: 'pause' | 'drain' | 'resume', done: () => void): void {
    const running = this.#programs.guard;
    if (running === null || !running.life.step()) return;
    const request = new Request(`http://guard/links/${link}/${order}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    Promise.resolve(adminHandler(running.guard.core, TOKEN)(request, '10.9.0.2')).then((response) => {
      if (!running.life.alive) return;
      this.#town.trace.line('town', `the admin answers ${response.status} to ${order} of ${link}`);
      // A link that is not in the configuration now has no orders.
      if (response.status === 200) done();
      else if (response.status !== 404)
        throw new LawBroken('10 no program fails', `the admin answers ${response.status} to ${order} of ${link}`);
    }, this.#fail);
  }

  /** Has it a connection that it has not closed? */
  #open(life: Life): boolean {
    for (const line of this.#town.wire.lines)
      for (const end of [line, line.other]) if (end?.life === life && !end.closed && !end.ending) return true;
    return false;
  }

  /** SIGTERM, and a start after `downMs`. */
  #stop(name: 'gateway' | 'guard', downMs: number): void {
    const { timeline } = this.#town;
    const node = this.#town.nodes.get(name) as Node;
    const running = name === 'gateway' ? this.#programs.gateway : this.#programs.guard;
    // A second SIGTERM does nothing.
    if (running === null || this.#stopping.has(running.life) || !running.life.step()) return;
    const { life } = running;
    this.#stopping.add(life);
    const fromMs = timeline.nowMs;
    const stopped = 'gateway' in running ? running.gateway.stop() : running.guard.stop();
    const end = (how: string): void => {
      if (node.life !== life) return;
      node.power = false;
      node.downMs = downMs;
      crashNode(this.#town, node, life, how);
    };
    timeline.plan(timeline.nowMs + KILL_MS, life, 'killed', () => end('killed at a stop'));
    stopped.then(() => {
      if (!life.alive) return;
      if (node.journal.pending.length > 0)
        this.#fail(new LawBroken('1 nothing is lost', `the ${name} has stopped, and what it wrote is not durable`));
      if (timeline.nowMs < fromMs + PATIENCE_MS && this.#open(life))
        this.#fail(new LawBroken('6 orders of people', `the ${name} has stopped, and leaves connections behind`));
      timeline.plan(timeline.nowMs, life, 'stopped', () => end('stop in order'));
    }, this.#fail);
  }
}
