// Failed binds by address and by system_id (R2): how long the next refusal waits, and when a bind is not even looked at.
// Bounded; time comes in as an argument.
import { BIND_DELAY_MAX_MS, BIND_FAILURES_KEPT, BIND_FAILURES_PER_MINUTE } from '../base/limits.ts';

const SPAN_MS = 60_000;
const FIRST_DELAY_MS = 250;

interface Record {
  failures: number;
  sinceMs: number;
}

export class BindFailures {
  /** In order of the last failure: the oldest is dropped first. */
  readonly #byAddress = new Map<string, Record>();
  readonly #bySystemId = new Map<string, Record>();
  /** Addresses from which an id has bound: strangers who guess its password must not shut it out. */
  readonly #known = new Set<string>();

  /** Whether a bind is worth its password check. */
  admits(address: string, systemId: string, nowMs: number): boolean {
    if (this.#known.has(`${address} ${systemId}`)) return true;
    return (
      count(this.#byAddress, address, nowMs) < BIND_FAILURES_PER_MINUTE &&
      count(this.#bySystemId, systemId, nowMs) < BIND_FAILURES_PER_MINUTE
    );
  }

  /** Counts a failure; returns how long its answer waits, in ms: doubling, the longer of both. */
  failed(address: string, systemId: string, nowMs: number): number {
    const failures = Math.max(add(this.#byAddress, address, nowMs), add(this.#bySystemId, systemId, nowMs));
    return Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), BIND_DELAY_MAX_MS);
  }

  succeeded(address: string, systemId: string): void {
    this.#byAddress.delete(address);
    const pair = `${address} ${systemId}`;
    this.#known.delete(pair);
    this.#known.add(pair);
    if (this.#known.size > BIND_FAILURES_KEPT) this.#known.delete(first(this.#known));
  }
}

function count(map: Map<string, Record>, key: string, nowMs: number): number {
  const record = map.get(key);
  return record === undefined || nowMs - record.sinceMs > SPAN_MS ? 0 : record.failures;
}

function add(map: Map<string, Record>, key: string, nowMs: number): number {
  const failures = count(map, key, nowMs) + 1;
  const sinceMs = failures === 1 ? nowMs : (map.get(key)?.sinceMs ?? nowMs);
  map.delete(key);
  map.set(key, { failures, sinceMs });
  if (map.size > BIND_FAILURES_KEPT) map.delete(first(map));
  return failures;
}

function first(keys: Iterable<string> | Map<string, unknown>): string {
  const iterator = keys instanceof Map ? keys.keys() : keys[Symbol.iterator]();
  return iterator.next().value as string;
}
