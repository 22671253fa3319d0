// How many orders the gateway has under way for one link and lane class. The guard holds a few tens of milliseconds of a link's
// rate and refuses what is beyond; without a bound every pause would end with a whole window of orders, nearly all refused.

/** Growth of the bound per answered order, for links that get faster. */
const GROWTH = 1 / 16;
/** Beyond what the guard had: how much it has at a refusal varies with answers and commits, and the link must not run dry. */
const SLACK_SHARE = 0.5;
const SLACK_MIN = 4;

export class OrderWindow {
  #most = Number.POSITIVE_INFINITY;

  /** May one more go, beside so many under way? Some always may: they find out. */
  admits(underWay: number): boolean {
    return underWay + 1 <= this.#most;
  }

  /** An order was answered with its outcome. */
  answered(): void {
    this.#most += GROWTH;
  }

  /** The link is at its rate or its windows are full; the guard has taken those that are still under way: hardly more are of use. */
  refused(underWay: number): void {
    this.#most = underWay + Math.max(SLACK_MIN, underWay * SLACK_SHARE);
  }

  /** The link is another than it was. */
  open(): void {
    this.#most = Number.POSITIVE_INFINITY;
  }
}
