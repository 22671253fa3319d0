// Objects that stand in for one of the runtime's own, which is made only when something is asked of it that hardly anybody asks:
// how its members are passed on.

interface StandIn<T> {
  /** The runtime's own object, made when first asked for. */
  readonly full: T;
}

/**
 * Makes every member of `runtime` that `own` does not write itself come from `full`; `instanceof runtime` then holds.
 * `fields`: what instances of `own` hold as fields. As an argument of the runtime's own functions such an object needs
 * `clone()`: they look for private members.
 */
export function standIn<T extends object>(
  own: { readonly prototype: StandIn<T> },
  runtime: { readonly prototype: T },
  fields: readonly string[],
): void {
  Object.setPrototypeOf(own.prototype, runtime.prototype);
  for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(runtime.prototype))) {
    if (Object.hasOwn(own.prototype, name) || name === 'constructor' || fields.includes(name)) continue;
    const { get, value } = member as PropertyDescriptor;
    if (get !== undefined) {
      Object.defineProperty(own.prototype, name, {
        get(this: StandIn<T>): unknown {
          return get.call(this.full);
        },
      });
    } else if (typeof value === 'function') {
      const method = value as (...args: unknown[]) => unknown;
      Object.defineProperty(own.prototype, name, {
        value(this: StandIn<T>, ...args: unknown[]): unknown {
          return method.apply(this.full, args);
        },
      });
    }
  }
}
