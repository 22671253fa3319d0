// What the guard derives from a message's seed before it emits: the salts' seed and the body's commitment, as `fieldsSeed`,
// `bodySalt` and `commit` of commitment.ts give them, but over octets in place, because every message needs both.
import { type HashOctets, ScratchOctets } from '../base/scratchOctets.ts';
import { bodyLabel, commitmentTag, field, fieldsLabel, saltOctets } from './commitment.ts';

/** One instance is used again and again. Seeds are latin1, 16 octets. */
export class SeedCommitments {
  readonly #sha256: HashOctets;
  readonly #fields = new ScratchOctets(fieldsLabel);
  readonly #salt = new ScratchOctets(bodyLabel);
  readonly #body = new ScratchOctets(commitmentTag + String.fromCharCode(field.body));

  constructor(sha256: HashOctets) {
    this.#sha256 = sha256;
  }

  /** Seed of every salt but the body's, 16 octets. */
  fieldsSeed(seed: string): string {
    return this.#sha256(this.#fields.restart().latin1(seed).view()).slice(0, saltOctets);
  }

  /** Commitment to field 03: data_coding and `userData` from `from` on, 32 octets. */
  body(seed: string, dataCoding: number, userData: Uint8Array, from = 0): string {
    const salt = this.#sha256(this.#salt.restart().latin1(seed).view()).slice(0, saltOctets);
    return this.#sha256(this.#body.restart().latin1(salt).u8(dataCoding).bytes(userData, from).view());
  }
}
