// Pages of a simulated program that have left memory: gone with it, refused while its disk is full.
import type { SlabPages } from '../base/slab.ts';

export function openSimPages(full: () => boolean): SlabPages {
  const stored = new Map<number, Buffer>();
  return {
    store: (chunk, octets) => {
      if (full()) return false;
      stored.set(chunk, Buffer.from(octets));
      // Who still writes into a page that has left is found out.
      octets.fill(0xee);
      return true;
    },
    load: (chunk, octets) => {
      const page = stored.get(chunk);
      if (page === undefined) throw new Error(`page ${chunk} was never stored`);
      page.copy(octets);
    },
    forget: (chunk) => void stored.delete(chunk),
  };
}
