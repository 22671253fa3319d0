// How long one look at Node's loop may take input: a look that hands over everything that a hundred sockets have brought is
// a quarter of a second in which no PIN passes. Shared by the connections of one program.

/**
 * Longest time for input in one look; what is left waits for the next one, behind one piece of every other socket. Long
 * enough for batches of a hundred messages, short beside a PIN's way through two programs.
 */
const INPUT_MS = 6;

export class InputTurn {
  readonly #endTurn: () => void;
  #until = Number.NEGATIVE_INFINITY;
  #open = false;
  readonly #close = (): void => {
    this.#open = false;
  };

  /** `endTurn`: see HostLoop. */
  constructor(endTurn: () => void) {
    this.#endTurn = endTurn;
  }

  /** May more input be handed over in this look? Asked after each piece. */
  hasTime(): boolean {
    const now = performance.now();
    if (!this.#open) {
      this.#open = true;
      this.#until = now + INPUT_MS;
      setImmediate(this.#close);
      return true;
    }
    return now < this.#until;
  }

  /** What a large piece has asked for starts now. */
  end(): void {
    this.#endTurn();
  }
}
