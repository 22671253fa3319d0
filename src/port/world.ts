// Everything outside a program, in one value: given at start, owned by one program instance.
import type { SlabPages } from '../base/slab.ts';
import type { Crypto } from './crypto.ts';
import type { Http } from './http.ts';
import type { Journal } from './journal.ts';
import type { Log } from './log.ts';
import type { Loop } from './loop.ts';
import type { Net } from './net.ts';
import type { Spill } from './spill.ts';

export interface World {
  readonly loop: Loop;
  readonly net: Net;
  readonly crypto: Crypto;
  readonly http: Http;
  readonly log: Log;
  readonly journal: Journal;
  /** Opens the run files of one purpose, e.g. 'history'. */
  spill(name: string): Spill;
  /** Room outside memory for pages of `pageBytes` octets, of this instance alone: nobody can read it after its end. */
  pages(pageBytes: number): SlabPages;
}
