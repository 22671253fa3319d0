// Node's crypto behind port/crypto.ts. One-shot hashes on the hot path; scrypt in Node's thread pool, few at a time.
import { createHmac, hash, randomFillSync, scrypt, timingSafeEqual } from 'node:crypto';
import type { Crypto } from '../port/crypto.ts';

/** scrypt's cost: 32 MiB and some 60 ms, so that a stolen file of hashes is worth little (RFC 7914 §2). */
const COST = 32_768;
const BLOCK_SIZE = 8;
const PARALLEL = 1;
const SALT_BYTES = 16;
const KEY_BYTES = 32;
/** Hashes at work at once; a burst of binds must not take every core from the traffic. */
const AT_ONCE = 1;
/** Costs above this in a stored hash are refused: 128 MiB. */
const MEMORY_MAX = 134_217_728;

export function createCrypto(): Crypto {
  const passwords = new PasswordQueue();
  return {
    sha256Octets: (octets: Buffer): string => hash('sha256', octets, 'latin1'),
    sha256: (input: Uint8Array): Buffer => hash('sha256', input, 'buffer'),
    hmacSha256: (key: Uint8Array, input: Uint8Array): Buffer => createHmac('sha256', key).update(input).digest(),
    randomFill(target: Uint8Array): void {
      randomFillSync(target);
    },
    equal: (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b),
    async hashPassword(password: string): Promise<string> {
      const salt = randomFillSync(Buffer.alloc(SALT_BYTES));
      const key = await passwords.derive(password, salt, COST, BLOCK_SIZE, PARALLEL, KEY_BYTES);
      return `scrypt$${COST}$${BLOCK_SIZE}$${PARALLEL}$${salt.toString('base64url')}$${key.toString('base64url')}`;
    },
    async verifyPassword(password: string, stored: string): Promise<boolean> {
      const [scheme, cost, blockSize, parallel, salt, key, more] = stored.split('$');
      if (scheme !== 'scrypt' || !salt || !key || more !== undefined) return false;
      const expected = Buffer.from(key, 'base64url');
      const [n, r, p] = [Number(cost), Number(blockSize), Number(parallel)];
      const sound = [n, r, p].every((value) => Number.isInteger(value) && value > 0) && (n & (n - 1)) === 0 && n > 1;
      if (!sound || 128 * n * r * p > MEMORY_MAX || expected.length < SALT_BYTES) return false;
      const actual = await passwords.derive(password, Buffer.from(salt, 'base64url'), n, r, p, expected.length);
      return timingSafeEqual(actual, expected);
    },
  };
}

/** Runs a few derivations at once and the rest in order. */
class PasswordQueue {
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  derive(password: string, salt: Buffer, N: number, r: number, p: number, keyBytes: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const run = (): void => {
        this.#running++;
        scrypt(password.normalize('NFC'), salt, keyBytes, { N, r, p, maxmem: 2 * MEMORY_MAX }, (error, key) => {
          this.#running--;
          this.#waiting.shift()?.();
          if (error === null) resolve(key);
          else reject(error);
        });
      };
      if (this.#running < AT_ONCE) run();
      else this.#waiting.push(run);
    });
  }
}
