// During a run the real clock, timers and randomness are out of reach: whoever asks for them is named. Restores them afterwards.
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

const TIMERS = ['setTimeout', 'setInterval', 'setImmediate'] as const;
const RANDOM = ['randomBytes', 'randomFillSync', 'randomFill', 'randomInt', 'randomUUID'] as const;

/** Runs `work` in a process whose clock, timers and randomness throw. */
export async function still<T>(work: () => Promise<T>): Promise<T> {
  const undo: (() => void)[] = [];
  const banish = (owner: object, name: string, shownAs: string): void => {
    const held = Object.getOwnPropertyDescriptor(owner, name);
    const value = (): never => {
      throw new Error(`${shownAs} is out of reach in a simulation`);
    };
    Object.defineProperty(owner, name, { value, configurable: true, writable: true });
    undo.push(() => {
      if (held === undefined) Reflect.deleteProperty(owner, name);
      else Object.defineProperty(owner, name, held);
    });
  };
  const RealDate = Date;
  class StillDate extends RealDate {
    constructor(...args: readonly unknown[]) {
      if (args.length === 0) throw new Error('new Date() is out of reach in a simulation');
      super(...(args as [number]));
    }
    static override now(): number {
      throw new Error('Date.now is out of reach in a simulation');
    }
  }
  for (const name of TIMERS) banish(globalThis, name, name);
  for (const name of RANDOM) banish(crypto, name, `crypto.${name}`);
  banish(Math, 'random', 'Math.random');
  banish(Crypto.prototype, 'getRandomValues', 'crypto.getRandomValues');
  banish(Crypto.prototype, 'randomUUID', 'crypto.randomUUID');
  banish(performance, 'now', 'performance.now');
  syncBuiltinESMExports();
  globalThis.Date = StillDate as DateConstructor;
  try {
    return await work();
  } finally {
    globalThis.Date = RealDate;
    for (const one of undo.reverse()) one();
    syncBuiltinESMExports();
  }
}
