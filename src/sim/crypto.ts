// port/crypto.ts in a simulated world: real hashes, randomness from the seed, and a password hash that costs nothing.
import { createHmac, hash } from 'node:crypto';
import type { Chance } from '../operator/chance.ts';
import type { Crypto } from '../port/crypto.ts';

export function createSimCrypto(chance: Chance): Crypto {
  const hashPassword = (password: string): string => `sim$${sha256(Buffer.from(password)).toString('hex')}`;
  return {
    sha256Octets: (octets) => sha256(octets).latin1Slice(),
    sha256,
    hmacSha256: (key, input) => createHmac('sha256', key).update(input).digest(),
    randomFill(target) {
      for (let i = 0; i < target.length; i += 1) target[i] = chance.u32() >>> 24;
    },
    equal: (a, b) => Buffer.compare(a, b) === 0,
    hashPassword: (password) => Promise.resolve(hashPassword(password)),
    verifyPassword: (password, stored) => Promise.resolve(hashPassword(password) === stored),
  };
}

function sha256(input: Uint8Array): Buffer {
  return hash('sha256', input, 'buffer');
}
