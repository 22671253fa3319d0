// How long one look at Node's loop may take input: a look that hands over everything that a hundred sockets have brought is
// a quarter of a second in which no PIN passes. Shared by the connections of one program.

/**
 * Longest time for input in one look; what is left waits for the next one, behind one piece of every other socket. Looks begin
 * short, and grow while one after another is too short for what has come: then batches count, whose fixed cost in two programs
 * is a sixth of their work at a fifth of this.
 */
const INPUT_MS = 25;
const FIRST_INPUT_MS = 4;
/** How a look grows that was too short, and shrinks that was not. */
const GROWTH = 1.25;
/** The time for input while something urgent passes: four looks of a PIN's way are to stay far below a tenth of a second. */
const URGENT_INPUT_MS = 2;
/** How long looks stay short after the last urgent thing: PINs of one customer a second apart find them short. */
const URGENT_MS = 2_000;
/** Input is handed over in pieces, so that its time can be limited: so much for the shortest ordinary look, fifty answers or fifteen orders. */
const PIECE_BYTES = 4096;

export class InputTurn {
  readonly #endTurn: () => void;
  readonly #ringExact: () => void;
  #inputMs = FIRST_INPUT_MS;
  #until = Number.NEGATIVE_INFINITY;
  #urgentUntil = Number.NEGATIVE_INFINITY;
  #open = false;
  #tooShort = false;
  readonly #close = (): void => {
    this.#open = false;
    this.#inputMs = this.#tooShort
      ? Math.min(this.#inputMs * GROWTH, INPUT_MS)
      : Math.max(this.#inputMs / GROWTH, FIRST_INPUT_MS);
    this.#tooShort = false;
  };
  /** How much input may be handed over at once, in octets. */
  pieceBytes = PIECE_BYTES;

  /** `endTurn` runs what waits for the end of the turn, `ringExact` the alarms that are due and exact, see Loop. */
  constructor(endTurn: () => void, ringExact: () => void = () => undefined) {
    this.#endTurn = endTurn;
    this.#ringExact = ringExact;
  }

  /** See Loop. */
  urgent(): void {
    this.#urgentUntil = performance.now() + URGENT_MS;
    this.pieceBytes = PIECE_BYTES;
  }

  /** A piece has been handed over: what counts by the millisecond does not wait for the others. */
  pieceDone(): void {
    this.#ringExact();
  }

  /** May more input be handed over in this look? Asked after each piece. */
  hasTime(): boolean {
    const now = performance.now();
    if (!this.#open) {
      this.#open = true;
      const urgent = now < this.#urgentUntil;
      this.#until = now + (urgent ? URGENT_INPUT_MS : this.#inputMs);
      this.pieceBytes = urgent ? PIECE_BYTES : Math.floor((PIECE_BYTES * this.#inputMs) / FIRST_INPUT_MS);
      setImmediate(this.#close);
      return true;
    }
    this.#tooShort ||= now >= this.#until;
    return now < this.#until;
  }

  /** What a large piece has asked for starts now. */
  end(): void {
    this.#endTurn();
  }
}
