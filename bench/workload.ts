// The standard workload (design §8), made from a seed: accounts, price prefixes, recipients and texts. The gateway's
// configuration and the generator's own bill both come from here, by different ways: the bill is computed by a plain
// search that shares no code with the gateway.
import { createHash } from 'node:crypto';
import { Chance } from '../src/operator/chance.ts';
import { type Digest, SEPARATOR } from '../src/operator/digest.ts';
import { decodeSeptets, defaultTables } from '../src/sms/gsm.ts';

export interface WorkloadOptions {
  readonly seed: number;
  readonly accounts: number;
  readonly prefixes: number;
  readonly recipients: number;
  /** 10 % of three parts, 5 % UCS-2. */
  readonly mixed: boolean;
  /** Generators side by side of one seed: the same accounts, prices and recipients, other texts. From 0. */
  readonly series: number;
}

export const standardWorkload: WorkloadOptions = {
  seed: 1,
  accounts: 50,
  prefixes: 10_000,
  recipients: 1_000_000,
  mixed: false,
  series: 0,
};

export interface BenchAccount {
  readonly name: string;
  readonly systemId: string;
  readonly password: string;
}

/** What the generator is about to send; one instance is used over and over. */
export class Draft {
  recipient = 0;
  dataCoding = 0;
  parts = 1;
  /** Octets of the text in `octets`. */
  length = 0;
  readonly octets = Buffer.alloc(512);
}

const PREFIX_MIN = 4;
const PREFIX_MAX = 6;
/** Octets per recipient: a length and up to 15 digits. */
const ROW = 16;
const CORPUS = 65_536;
const TOKEN = 8;
/** Messages that one series may have; two hundred series fit in a token. */
const SERIES = 1e9;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789     .,!?:-@£$éüÑøΔß';

export class Workload {
  readonly options: WorkloadOptions;
  /** Prefix → micro-units per segment. */
  readonly prices: ReadonlyMap<string, number>;
  /** Micro-units per segment of each recipient. */
  readonly #priceOf: Int32Array;
  readonly #rows: Buffer;
  readonly #septets = Buffer.alloc(CORPUS);
  readonly #units = new Uint16Array(CORPUS);
  /** UTF-16BE, and its code units. */
  readonly #wide = Buffer.alloc(CORPUS * 2);
  readonly #unitOf: readonly number[];
  readonly #chance: Chance;

  constructor(options: WorkloadOptions) {
    this.options = options;
    const chance = new Chance(options.seed);
    this.prices = makePrices(chance, options.prefixes);
    this.#rows = Buffer.alloc(options.recipients * ROW);
    this.#priceOf = new Int32Array(options.recipients);
    this.#makeRecipients(chance);
    this.#unitOf = Array.from({ length: 128 }, (_, septet) =>
      decodeSeptets(Uint8Array.of(septet), defaultTables).charCodeAt(0),
    );
    // From the top: the escape, which alone reads as a blank, stands below the blank.
    const letters = [...LETTERS].map((letter) => this.#unitOf.lastIndexOf(letter.charCodeAt(0)));
    for (let i = 0; i < CORPUS; i += 1) {
      const septet = letters[chance.below(letters.length)] as number;
      this.#septets[i] = septet;
      this.#units[i] = this.#unitOf[septet] as number;
      // Cyrillic and Han, so that no other encoding would do.
      this.#wide.writeUInt16BE(i % 3 === 0 ? 0x4e00 + chance.below(0x2000) : 0x0410 + chance.below(64), i * 2);
    }
    this.#chance = new Chance(options.seed + 1 + options.series * SERIES);
  }

  account(index: number): BenchAccount {
    const name = `bench${String(index).padStart(2, '0')}`;
    const password = createHash('sha256').update(`${this.options.seed} ${name}`).digest('hex').slice(0, 8);
    return { name, systemId: name, password };
  }

  digits(recipient: number): string {
    const row = recipient * ROW;
    return this.#rows.latin1Slice(row + 1, row + 1 + (this.#rows[row] as number));
  }

  /** Writes the digits at `at`; the offset behind them. */
  writeDigits(recipient: number, target: Buffer, at: number): number {
    const row = recipient * ROW;
    const length = this.#rows[row] as number;
    for (let i = 1; i <= length; i += 1) target[at + i - 1] = this.#rows[row + i] as number;
    return at + length;
  }

  digitCount(recipient: number): number {
    return this.#rows[recipient * ROW] as number;
  }

  /** Micro-units per segment. */
  price(recipient: number): number {
    return this.#priceOf[recipient] as number;
  }

  /** Message `number` (each has a text of its own), and its digest as a handset would make it. */
  draft(number: number, draft: Draft, digest: Digest): void {
    const chance = this.#chance;
    draft.recipient = chance.below(this.options.recipients);
    const kind = this.options.mixed ? chance.below(100) : 100;
    digest.start();
    const row = draft.recipient * ROW;
    const digits = this.#rows[row] as number;
    for (let i = 1; i <= digits; i += 1) digest.unit(this.#rows[row + i] as number);
    digest.unit(SEPARATOR);
    if (kind < 5) this.#wideText(number, 40 + chance.below(31), draft, digest);
    else if (kind < 15) this.#septetText(number, 320 + chance.below(130), draft, digest);
    else this.#septetText(number, 40 + chance.below(121), draft, digest);
    digest.finish();
  }

  #septetText(number: number, length: number, draft: Draft, digest: Digest): void {
    const { octets } = draft;
    let left = number + this.options.series * SERIES;
    for (let i = TOKEN - 1; i >= 0; i -= 1) {
      // Capital letters A–Z stand for base 26; they are themselves in the GSM alphabet.
      octets[i] = 0x41 + (left % 26);
      left = Math.floor(left / 26);
    }
    for (let i = 0; i < TOKEN; i += 1) digest.unit(octets[i] as number);
    const from = this.#chance.below(CORPUS - length);
    for (let i = TOKEN; i < length - 1; i += 1) {
      octets[i] = this.#septets[from + i] as number;
      digest.unit(this.#units[from + i] as number);
    }
    // A blank at either end might be cut off on the way without a fault.
    octets[length - 1] = 0x2e;
    digest.unit(0x2e);
    draft.length = length;
    draft.dataCoding = 0;
    draft.parts = length <= 160 ? 1 : Math.ceil(length / 153);
  }

  #wideText(number: number, length: number, draft: Draft, digest: Digest): void {
    const { octets } = draft;
    let left = number + this.options.series * SERIES;
    for (let i = TOKEN - 1; i >= 0; i -= 1) {
      octets[i * 2] = 0x04;
      octets[i * 2 + 1] = 0x10 + (left % 26);
      left = Math.floor(left / 26);
    }
    const from = this.#chance.below(CORPUS - length);
    this.#wide.copy(octets, TOKEN * 2, from * 2, (from + length - TOKEN) * 2);
    for (let i = 0; i < length; i += 1) digest.unit(((octets[i * 2] as number) << 8) | (octets[i * 2 + 1] as number));
    draft.length = length * 2;
    draft.dataCoding = 8;
    draft.parts = 1;
  }

  #makeRecipients(chance: Chance): void {
    const prefixes = [...this.prices.keys()];
    for (let recipient = 0; recipient < this.options.recipients; recipient += 1) {
      const prefix = prefixes[chance.below(prefixes.length)] as string;
      const length = 11 + chance.below(3);
      const row = recipient * ROW;
      this.#rows[row] = length;
      this.#rows.latin1Write(prefix, row + 1);
      for (let i = prefix.length; i < length; i += 1) this.#rows[row + 1 + i] = 0x30 + chance.below(10);
      const digits = this.digits(recipient);
      let price = 0;
      for (let end = PREFIX_MAX; end >= PREFIX_MIN && price === 0; end -= 1)
        price = this.prices.get(digits.slice(0, end)) ?? 0;
      this.#priceOf[recipient] = price;
    }
  }
}

function makePrices(chance: Chance, count: number): Map<string, number> {
  const prices = new Map<string, number>();
  while (prices.size < count) {
    const length = PREFIX_MIN + chance.below(PREFIX_MAX - PREFIX_MIN + 1);
    let prefix = String(1 + chance.below(9));
    while (prefix.length < length) prefix += String(chance.below(10));
    if (!prices.has(prefix)) prices.set(prefix, 1000 + chance.below(150_000));
  }
  return prices;
}
