// One incarnation of a program, from its start to its crash. After the crash its calls to the world do nothing and nothing is
// called back. It may die in the middle of a callback: what it called before has happened, what it calls after has not.

export class Life {
  /** Name of the program, e.g. `gateway`. */
  readonly node: string;
  readonly number: number;
  readonly bornAtMs: number;
  alive = true;
  /** Events and calls to the world so far. */
  steps = 0;
  /** Dies at this step. */
  #lastStep = Number.POSITIVE_INFINITY;
  readonly #onDeath: () => void;

  /** `onDeath` is told when the last step was reached, from within it: plan the rest, do nothing at once. */
  constructor(node: string, number: number, bornAtMs: number, onDeath: () => void) {
    this.node = node;
    this.number = number;
    this.bornAtMs = bornAtMs;
    this.#onDeath = onDeath;
  }

  /** Dies after so many more steps. */
  dieIn(steps: number): void {
    this.#lastStep = this.steps + steps;
  }

  /** Counts one step; false: there is nobody any more to do it. */
  step(): boolean {
    if (!this.alive) return false;
    this.steps++;
    if (this.steps < this.#lastStep) return true;
    this.alive = false;
    this.#onDeath();
    return false;
  }

  end(): void {
    this.alive = false;
  }
}
