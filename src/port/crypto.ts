// Hashes, seals and signatures as the programs see them. Latin1 strings in and out where the hot path needs it:
// Node's one-shot hash over latin1 strings is about four times faster than over buffers.

export interface Crypto {
  /** SHA-256 of a latin1 string, as a latin1 string of 32 characters. */
  sha256Latin1(input: string): string;
  sha256(input: Uint8Array): Buffer;
  hmacSha256(key: Uint8Array, input: Uint8Array): Buffer;
  /** Fills `target` from the system's generator. Draw from a pool (base/random.ts), not per message. */
  randomFill(target: Uint8Array): void;
  /** Constant time; false for different lengths. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
  /** Memory-hard hash of a password (scrypt), off the main thread. `stored` is what `hashPassword` returned. */
  hashPassword(password: string): Promise<string>;
  verifyPassword(password: string, stored: string): Promise<boolean>;
}
