// Hashes, seals and signatures as the programs see them. A latin1 string comes out where the hot path needs it: Node makes one
// four times as fast as a buffer.

export interface Crypto {
  /** SHA-256 as a latin1 string of 32 characters. */
  sha256Octets(octets: Buffer): string;
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
