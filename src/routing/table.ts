// Route tables: the configuration of routes, its faults, and its compiled form. Rules apply in the order in which they
// stand; the first one that fits decides. The decision itself is in decide.ts.

import { E164_MAX_DIGITS, ROUTE_LINKS_MAX, ROUTE_RULE_LINKS_MAX, ROUTE_RULES_MAX } from '../base/limits.ts';
import { type ConfigFault, err, ok, type Result } from '../base/result.ts';
import { compileGlob, type Glob, globMatches } from './glob.ts';
import { RuleIndex } from './ruleIndex.ts';

/** One rule. A condition left out fits everything; of several values one has to fit. */
export type RuleConfig = {
  readonly name: string;
  /** Prefixes of the destination, E.164 digits. */
  readonly prefixes?: readonly string[];
  /** Account names. */
  readonly accounts?: readonly string[];
  /** Sender patterns with `*` and `?`. */
  readonly senders?: readonly string[];
  /** ordered: the first usable link takes all. weighted: messages are shared out by weight. */
  readonly mode: 'ordered' | 'weighted';
  readonly links: readonly { readonly link: string; readonly weight?: number }[];
  /** When none of its links can take the message, try the next rule that fits. Default: no, so that costs stay as planned. */
  readonly fallThrough?: boolean;
};

/** All that `compileRoutes` needs. The order of `links` and `accounts` gives their indices. */
export type RoutesConfig = {
  readonly links: readonly string[];
  readonly accounts: readonly string[];
  readonly rules: readonly RuleConfig[];
};

/** A compiled rule. */
export type Rule = {
  readonly name: string;
  readonly senders: readonly Glob[];
  readonly weighted: boolean;
  readonly links: Int32Array;
  readonly weights: Int32Array;
  readonly fallThrough: boolean;
};

const NO_RULES: readonly number[] = [];

/** A compiled table; find rules with `match`. Immutable. */
export class RouteTable {
  readonly linkNames: readonly string[];
  readonly rules: readonly Rule[];
  /** Trie over destination digits: ten entries per node, 0 = none. */
  readonly #children: readonly number[];
  /** Per trie node: rules for every account, then rules for one account, in file order. */
  readonly #anyAccount: readonly (readonly number[] | undefined)[];
  readonly #oneAccount: readonly (ReadonlyMap<number, readonly number[]> | undefined)[];

  constructor(
    linkNames: readonly string[],
    rules: readonly Rule[],
    children: readonly number[],
    anyAccount: readonly (readonly number[] | undefined)[],
    oneAccount: readonly (ReadonlyMap<number, readonly number[]> | undefined)[],
  ) {
    this.linkNames = linkNames;
    this.rules = rules;
    this.#children = children;
    this.#anyAccount = anyAccount;
    this.#oneAccount = oneAccount;
  }

  /** Index of the first rule after rule `after` (−1 to start) that fits, or −1. */
  match(destination: string, account: number, sender: string, after: number): number {
    let best = Number.POSITIVE_INFINITY;
    let node = 0;
    for (let i = 0; ; i += 1) {
      best = this.#first(this.#anyAccount[node] ?? NO_RULES, sender, after, best);
      const own = this.#oneAccount[node];
      if (own !== undefined) best = this.#first(own.get(account) ?? NO_RULES, sender, after, best);
      const digit = i < destination.length ? destination.charCodeAt(i) - 48 : -1;
      if (digit < 0 || digit > 9) break;
      node = this.#children[node * 10 + digit]!;
      if (node === 0) break;
    }
    return best === Number.POSITIVE_INFINITY ? -1 : best;
  }

  #first(rules: readonly number[], sender: string, after: number, best: number): number {
    for (const index of rules) {
      if (index >= best) return best;
      if (index > after && sendersFit(this.rules[index]!.senders, sender)) return index;
    }
    return best;
  }
}

function sendersFit(globs: readonly Glob[], sender: string): boolean {
  if (globs.length === 0) return true;
  for (const glob of globs) if (globMatches(glob, sender)) return true;
  return false;
}

/** Compiles a table; all faults at once, with paths below `routes` such as `rules[3].links[0].link`. */
export function compileRoutes(config: RoutesConfig): Result<RouteTable, ConfigFault[]> {
  const faults: ConfigFault[] = [];
  const links = indexNames(config.links, 'links', faults);
  const accounts = indexNames(config.accounts, 'accounts', faults);
  if (config.links.length > ROUTE_LINKS_MAX)
    faults.push({ path: 'links', message: `at most ${ROUTE_LINKS_MAX} links` });
  if (config.rules.length > ROUTE_RULES_MAX)
    faults.push({ path: 'rules', message: `at most ${ROUTE_RULES_MAX} rules` });
  const index = new RuleIndex();
  const names = new Set<string>();
  const rules: Rule[] = [];
  for (const [i, rule] of config.rules.entries()) {
    const path = `rules[${i}]`;
    if (rule.name === '') faults.push({ path: `${path}.name`, message: 'a rule needs a name: it stands in histories' });
    if (names.has(rule.name)) faults.push({ path: `${path}.name`, message: `rule "${rule.name}" stands twice` });
    names.add(rule.name);
    const compiled = compileRule(rule, path, links, faults);
    rules.push(compiled);
    const prefixes = compilePrefixList(rule, path, faults);
    const accountIndices = lookUpAll(rule.accounts, `${path}.accounts`, 'account', accounts, faults);
    const unconditional = compiled.senders.length === 0 || compiled.senders.some((glob) => glob.kind === 'any');
    const shadow = index.add(i, prefixes, accountIndices, unconditional && !compiled.fallThrough);
    if (shadow >= 0) {
      const message = `can never apply: rule "${rules[shadow]!.name}" before it fits all that this one fits; move it up`;
      faults.push({ path, message });
    }
  }
  if (faults.length > 0) return err(faults);
  return ok(new RouteTable([...config.links], rules, index.children, index.anyAccount, index.oneAccount));
}

function compileRule(rule: RuleConfig, path: string, links: ReadonlyMap<string, number>, faults: ConfigFault[]): Rule {
  const weighted = rule.mode === 'weighted';
  const { length } = rule.links;
  if (length === 0 || length > ROUTE_RULE_LINKS_MAX) {
    faults.push({ path: `${path}.links`, message: `a rule needs 1 to ${ROUTE_RULE_LINKS_MAX} links` });
  }
  const linkIndices = new Int32Array(length);
  const weights = new Int32Array(length);
  const seen = new Set<string>();
  for (const [j, { link, weight = 1 }] of rule.links.entries()) {
    const at = `${path}.links[${j}]`;
    const known = links.get(link);
    if (known === undefined) faults.push({ path: `${at}.link`, message: `no link "${link}"; known: ${some(links)}` });
    if (seen.has(link)) faults.push({ path: `${at}.link`, message: `link "${link}" stands twice in this rule` });
    seen.add(link);
    if (!Number.isInteger(weight) || weight < 1 || weight > 1000) {
      faults.push({ path: `${at}.weight`, message: 'weight must be a whole number from 1 to 1000' });
    }
    linkIndices[j] = known ?? 0;
    weights[j] = weight;
  }
  const senders = (rule.senders ?? []).map(compileGlob);
  return { name: rule.name, senders, weighted, links: linkIndices, weights, fallThrough: rule.fallThrough ?? false };
}

function compilePrefixList(rule: RuleConfig, path: string, faults: ConfigFault[]): readonly string[] {
  for (const [j, prefix] of (rule.prefixes ?? []).entries()) {
    if (!/^[0-9]*$/.test(prefix) || prefix.length > E164_MAX_DIGITS) {
      const message = `prefix "${prefix}" must be 0 to ${E164_MAX_DIGITS} digits without + or 00`;
      faults.push({ path: `${path}.prefixes[${j}]`, message });
    }
  }
  const valid = (rule.prefixes ?? ['']).filter((prefix) => /^[0-9]*$/.test(prefix));
  if (rule.prefixes?.length === 0)
    faults.push({ path: `${path}.prefixes`, message: 'leave it out to fit every number' });
  return valid;
}

/** Indices of names, null when the condition is left out. */
function lookUpAll(
  names: readonly string[] | undefined,
  path: string,
  what: string,
  known: ReadonlyMap<string, number>,
  faults: ConfigFault[],
): readonly number[] | null {
  if (names === undefined) return null;
  if (names.length === 0) faults.push({ path, message: `leave it out to fit every ${what}` });
  const indices: number[] = [];
  for (const [j, name] of names.entries()) {
    const index = known.get(name);
    if (index === undefined) faults.push({ path: `${path}[${j}]`, message: `no ${what} "${name}"` });
    else indices.push(index);
  }
  return indices;
}

function indexNames(names: readonly string[], path: string, faults: ConfigFault[]): ReadonlyMap<string, number> {
  const indices = new Map<string, number>();
  for (const [i, name] of names.entries()) {
    if (indices.has(name)) faults.push({ path: `${path}[${i}]`, message: `"${name}" stands twice` });
    indices.set(name, i);
  }
  return indices;
}

function some(names: ReadonlyMap<string, number>): string {
  const shown = [...names.keys()].slice(0, 5).join(', ');
  return names.size > 5 ? `${shown}, …` : shown === '' ? 'none' : shown;
}
