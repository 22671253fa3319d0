// How long one look at Node's loop may take input: a look that hands over everything that a hundred sockets have brought is
// a quarter of a second in which no PIN passes. Shared by the connections of one program.

/**
 * Longest time for input in one look; what is left waits for the next one, behind one piece of every other socket. Long
 * enough for batches of some hundred messages, whose fixed cost in two programs is a sixth of their work at a quarter of this.
 */
const INPUT_MS = 25;
/** The same while something urgent passes: four looks of a PIN's way are to stay far below a tenth of a second. */
const SHORT_INPUT_MS = 2;
/** Input is handed over in pieces of this size, so that its time can be limited: some four hundred answers, a hundred orders. */
const PIECE_BYTES = 32_768;
/** The same while something urgent passes: some fifty answers, some fifteen orders. */
const SHORT_PIECE_BYTES = 4096;
/** How long looks stay short after the last urgent thing: PINs of one customer a second apart find them short. */
const URGENT_MS = 2_000;

export class InputTurn {
  readonly #endTurn: () => void;
  #until = Number.NEGATIVE_INFINITY;
  #urgentUntil = Number.NEGATIVE_INFINITY;
  #short = false;
  #open = false;
  readonly #close = (): void => {
    this.#open = false;
  };

  /** `endTurn` runs what waits for the end of the turn, see Loop. */
  constructor(endTurn: () => void) {
    this.#endTurn = endTurn;
  }

  /** How much input may be handed over at once, in octets. */
  get pieceBytes(): number {
    return this.#short ? SHORT_PIECE_BYTES : PIECE_BYTES;
  }

  /** See Loop. */
  urgent(): void {
    this.#short = true;
    this.#urgentUntil = performance.now() + URGENT_MS;
  }

  /** May more input be handed over in this look? Asked after each piece. */
  hasTime(): boolean {
    const now = performance.now();
    if (!this.#open) {
      this.#open = true;
      this.#short = now < this.#urgentUntil;
      this.#until = now + (this.#short ? SHORT_INPUT_MS : INPUT_MS);
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
