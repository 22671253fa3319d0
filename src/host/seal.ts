// How one batch's secrets are sealed: AES-256-GCM under sha256(storage secret ‖ key of a slot ‖ batch number). The sealed form
// is nonce (12) ‖ tag (16) ‖ ciphertext. A row also holds a check of the derived key, which tells at once whether the slot
// still holds the key that sealed it; the check is a hash of the key and opens nothing.
import { createCipheriv, createDecipheriv, hash, randomFillSync } from 'node:crypto';

const NONCE_OCTETS = 12;
const TAG_OCTETS = 16;
const KEY_OCTETS = 32;

/** Derives and checks keys in scratch room of its own; one per thread. */
export class Sealer {
  readonly #input: Buffer;
  readonly #secretLength: number;
  readonly #checkInput = Buffer.alloc(1 + KEY_OCTETS, 0x63);
  readonly #nonces = Buffer.alloc(NONCE_OCTETS * 256);
  #nonceAt = NONCE_OCTETS * 256;

  constructor(storageSecret: Uint8Array) {
    this.#secretLength = storageSecret.length;
    this.#input = Buffer.alloc(storageSecret.length + KEY_OCTETS + 8);
    this.#input.set(storageSecret);
  }

  /** The key of batch `id` under `slotKey`. */
  derive(slotKey: Uint8Array, id: number): Buffer {
    this.#input.set(slotKey, this.#secretLength);
    this.#input.writeBigUInt64BE(BigInt(id), this.#secretLength + KEY_OCTETS);
    const key = hash('sha256', this.#input, 'buffer');
    this.#input.fill(0, this.#secretLength, this.#secretLength + KEY_OCTETS);
    return key;
  }

  /** 48 bits that only the right key gives (a wrong one: 2^-48; the tag decides then). */
  check(key: Uint8Array): number {
    this.#checkInput.set(key, 1);
    const value = hash('sha256', this.#checkInput, 'buffer').readUIntBE(0, 6);
    this.#checkInput.fill(0x63);
    return value;
  }

  seal(key: Uint8Array, plain: Uint8Array): Buffer {
    const sealed = Buffer.allocUnsafe(NONCE_OCTETS + TAG_OCTETS + plain.length);
    if (this.#nonceAt === this.#nonces.length) {
      randomFillSync(this.#nonces);
      this.#nonceAt = 0;
    }
    const nonce = this.#nonces.subarray(this.#nonceAt, this.#nonceAt + NONCE_OCTETS);
    this.#nonceAt += NONCE_OCTETS;
    const cipher = createCipheriv('aes-256-gcm', key, nonce);
    sealed.set(nonce);
    const body = cipher.update(plain);
    sealed.set(body, NONCE_OCTETS + TAG_OCTETS);
    const rest = cipher.final();
    sealed.set(rest, NONCE_OCTETS + TAG_OCTETS + body.length);
    sealed.set(cipher.getAuthTag(), NONCE_OCTETS);
    return sealed;
  }

  /** What was sealed. A tag that does not fit although the key's check did is a damaged store and throws. */
  open(key: Uint8Array, sealed: Uint8Array): Buffer {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_OCTETS));
    decipher.setAuthTag(sealed.subarray(NONCE_OCTETS, NONCE_OCTETS + TAG_OCTETS));
    const plain = decipher.update(sealed.subarray(NONCE_OCTETS + TAG_OCTETS));
    decipher.final();
    return plain;
  }
}
