// Why messages are sent: the names of purposes that accounts may use beside their own, under numbers that never change their
// meaning (a message carries its number; the `state` record tells the names).
import { PURPOSES_MAX } from '../base/limits.ts';
import type { AccountConfig } from './config.ts';

/** Number 0 is the account's own purpose. */
export class Purposes {
  readonly #names: string[] = [''];

  /** In the order of their numbers, from 1. */
  get names(): readonly string[] {
    return this.#names.slice(1);
  }

  restore(names: readonly string[]): void {
    this.#names.splice(1, Number.POSITIVE_INFINITY, ...names);
  }

  /** Gives numbers to what is new in the configuration; true when something got one. Beyond the bound a name gets none. */
  configure(configs: readonly AccountConfig[]): boolean {
    const before = this.#names.length;
    for (const config of configs) {
      for (const name of config.purposes) {
        if (!this.#names.includes(name) && this.#names.length <= PURPOSES_MAX) this.#names.push(name);
      }
    }
    return this.#names.length > before;
  }

  /** The number under which a message of this account goes; −1: the account may not use that purpose. */
  numberOf(config: AccountConfig, name: string | null): number {
    if (name === null || name === config.purpose) return 0;
    return config.purposes.includes(name) ? this.#names.indexOf(name) : -1;
  }

  /** Empty for number 0. */
  name(number: number): string {
    return this.#names[number] ?? '';
  }
}
