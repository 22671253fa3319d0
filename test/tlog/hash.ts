// What the pure code gets its hash from, and hex for reading tests.

import { hash } from 'node:crypto';
import type { Sha256 } from '../../src/tlog/commitment.ts';

/** SHA-256 over latin1 strings. */
export const sha256: Sha256 = (octets) => hash('sha256', Buffer.from(octets, 'latin1'), 'latin1');

/** Hex, spaces allowed, to octets as latin1. */
export function fromHex(hex: string): string {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex').toString('latin1');
}

/** Octets as latin1 to hex. */
export function toHex(octets: string): string {
  return Buffer.from(octets, 'latin1').toString('hex');
}
