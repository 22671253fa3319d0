// Builds the look-up structure of a route table: a trie over prefixes whose nodes list rules by account. Used while a
// table is compiled; also finds rules that can never apply.

/** Grows while rules are added in file order. */
export class RuleIndex {
  /** Trie over digits: ten entries per node, 0 = none. */
  readonly children: number[] = new Array<number>(10).fill(0);
  /** Rules at a node for every account, and per account; each list ascends. */
  readonly anyAccount: (number[] | undefined)[] = [undefined];
  readonly oneAccount: (Map<number, number[]> | undefined)[] = [undefined];
  /** First rule at a node that lets nothing past it, for every account and per account. */
  readonly #wallAny: number[] = [-1];
  readonly #wallOne: (Map<number, number> | undefined)[] = [undefined];

  /**
   * Adds rule `index` for these prefixes and accounts (null = all). `wall`: whatever reaches it stops here. Returns the
   * index of an earlier rule because of which this one can never apply, or −1.
   */
  add(index: number, prefixes: readonly string[], accounts: readonly number[] | null, wall: boolean): number {
    let shadow = -1;
    let open = prefixes.length === 0 || accounts?.length === 0;
    const nodes = prefixes.map((prefix) => this.#node(prefix));
    for (const prefix of prefixes) {
      for (const account of accounts ?? [-1]) {
        const covering = this.#wallBefore(prefix, account);
        if (covering < 0) open = true;
        else shadow = covering;
      }
    }
    for (const node of new Set(nodes)) {
      if (accounts === null) {
        (this.anyAccount[node] ??= []).push(index);
        if (wall && this.#wallAny[node] === -1) this.#wallAny[node] = index;
        continue;
      }
      for (const account of new Set(accounts)) {
        const byAccount = (this.oneAccount[node] ??= new Map<number, number[]>());
        const rules = byAccount.get(account);
        if (rules === undefined) byAccount.set(account, [index]);
        else rules.push(index);
        const walls = (this.#wallOne[node] ??= new Map<number, number>());
        if (wall && !walls.has(account)) walls.set(account, index);
      }
    }
    return open ? -1 : shadow;
  }

  /** An earlier rule on the way to `prefix` that takes all of `account` (−1: of every account), or −1. */
  #wallBefore(prefix: string, account: number): number {
    let node = 0;
    for (let i = 0; ; i += 1) {
      if (this.#wallAny[node] !== -1) return this.#wallAny[node]!;
      const own = account < 0 ? undefined : this.#wallOne[node]?.get(account);
      if (own !== undefined) return own;
      if (i === prefix.length) return -1;
      node = this.children[node * 10 + prefix.charCodeAt(i) - 48]!;
      if (node === 0) return -1;
    }
  }

  #node(prefix: string): number {
    let node = 0;
    for (let i = 0; i < prefix.length; i += 1) {
      const edge = node * 10 + prefix.charCodeAt(i) - 48;
      let next = this.children[edge]!;
      if (next === 0) {
        next = this.anyAccount.length;
        this.anyAccount.push(undefined);
        this.oneAccount.push(undefined);
        this.#wallAny.push(-1);
        this.#wallOne.push(undefined);
        for (let digit = 0; digit < 10; digit += 1) this.children.push(0);
        this.children[edge] = next;
      }
      node = next;
    }
    return node;
  }
}
