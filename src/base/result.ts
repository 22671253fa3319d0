// Results as values: the one shape of "worked" and "did not" for expected failures (design, laws 5.10), and the
// shape of a configuration fault. Only these generic types and their constructors live here.

/** Success with its value, or failure with a closed error union. Broken invariants throw instead. */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

/** A successful result. */
export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** A failed result; `error` is a closed union in the caller's type. */
export function err<E>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error };
}

/**
 * One fault in a configuration. A compile step returns all of them at once.
 * `path` names the place in the file (`routes.rules[3].links[0]`), `message` says what is wrong and what would be right.
 */
export type ConfigFault = { readonly path: string; readonly message: string };
