// Routes: which rule, which links in which order, and the reasons a person reads.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { decideRoute, explain, type LinkHealth, type RouteFacts } from '../../src/routing/decide.ts';
import { compileRoutes, type RouteTable, type RuleConfig } from '../../src/routing/table.ts';
import { LinkState } from '../../src/smpp/vendor.ts';

const LINKS = ['a', 'b', 'c', 'd'];
const ACCOUNTS = ['acme', 'bolt', 'corp'];

function table(rules: readonly RuleConfig[]): RouteTable {
  const result = compileRoutes({ links: LINKS, accounts: ACCOUNTS, rules });
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

function health(change: Partial<Record<number, number>> = {}): LinkHealth {
  const state = new Uint8Array(LINKS.length).fill(LinkState.up);
  for (const [link, value] of Object.entries(change)) state[Number(link)] = value!;
  return { state, throttledUntilMs: new Float64Array(LINKS.length) };
}

const FACTS: RouteFacts = { destination: '41790000001', account: 0, sender: 'GLASPOST', hash: 0, refused: [] };

function rule(name: string, change: Partial<RuleConfig> = {}): RuleConfig {
  return { name, mode: 'ordered', links: [{ link: 'a' }], ...change };
}

function to(...links: string[]): RuleConfig['links'] {
  return links.map((link) => ({ link }));
}

test('the first rule that fits by prefix, account and sender decides', () => {
  const routes = table([
    rule('pins', { senders: ['PIN*', '?ODE'], links: to('d') }),
    rule('bolt-ch', { accounts: ['bolt'], prefixes: ['41'], links: to('c') }),
    rule('mobile', { prefixes: ['4179', '4178'], links: to('b') }),
    rule('rest', { links: to('a') }),
  ]);
  const first = (facts: Partial<RouteFacts>) => decideRoute({ ...FACTS, ...facts }, routes, health(), 0).links;
  assert.deepEqual(first({}), [1]);
  assert.deepEqual(first({ account: 1 }), [2]);
  assert.deepEqual(first({ account: 1, destination: '49170000001' }), [0]);
  assert.deepEqual(first({ sender: 'PINWELT' }), [3]);
  assert.deepEqual(first({ sender: 'CODE', account: 1 }), [3]);
  assert.deepEqual(first({ sender: 'XCODE' }), [1]);
  assert.deepEqual(first({ destination: '41440000001' }), [0]);
});

test('no rule is told apart from no link', () => {
  const routes = table([rule('ch', { prefixes: ['41'] })]);
  const none = decideRoute({ ...FACTS, destination: '49170000001' }, routes, health(), 0);
  assert.equal(none.kind, 'noRoute');
  assert.deepEqual(explain(none.reasons, routes), ['no rule fits this destination, account and sender']);
});

test('fail-over: what is down, paused, throttled or has refused is passed over, each with its reason', () => {
  const routes = table([rule('all', { links: to('a', 'b', 'c', 'd') })]);
  const state = health({ 0: LinkState.down, 1: LinkState.paused });
  state.throttledUntilMs[2] = 1500;
  const decision = decideRoute({ ...FACTS, refused: [3] }, routes, state, 1000);
  assert.deepEqual(decision.links, []);
  assert.equal(decision.kind, 'wait');
  assert.equal(decision.retryAtMs, 1500);
  assert.deepEqual(explain(decision.reasons, routes), [
    'rule all applies',
    'link a is down',
    'link b is paused',
    'link c is throttled for 500 ms more',
    'link d has refused this message',
  ]);
  assert.deepEqual(decideRoute(FACTS, routes, state, 1000).links, [3]);
  assert.deepEqual(decideRoute(FACTS, routes, state, 1500).links, [2, 3]);
  const late = decideRoute({ ...FACTS, refused: [0, 1, 2, 3] }, routes, health(), 0);
  assert.equal(late.kind, 'exhausted');
  for (const bad of [0, LinkState.draining, LinkState.refused, 77]) {
    assert.deepEqual(decideRoute(FACTS, routes, health({ 0: bad, 1: bad, 2: bad }), 0).links, [3]);
  }
  assert.deepEqual(decideRoute(FACTS, routes, health({ 0: LinkState.slow }), 0).links, [0, 1, 2, 3]);
});

test('fall-through goes to the next rule that fits, only where it is allowed', () => {
  const rules = (fallThrough: boolean) => [
    rule('cheap', { prefixes: ['41'], fallThrough, links: to('a') }),
    rule('other', { prefixes: ['49'], links: to('c') }),
    rule('dear', { links: to('b') }),
  ];
  const down = health({ 0: LinkState.down });
  const routes = table(rules(true));
  const decision = decideRoute(FACTS, routes, down, 0);
  assert.deepEqual(decision.links, [1]);
  assert.deepEqual(explain(decision.reasons, routes), [
    'rule cheap applies',
    'link a is down',
    'rule cheap has no link that can take it, the next rule is tried',
    'rule dear applies',
  ]);
  assert.equal(decideRoute(FACTS, table(rules(false)), down, 0).kind, 'wait');
});

test('weights share messages out, deterministically, and among usable links only', () => {
  const weighted: RuleConfig = {
    name: 'w',
    mode: 'weighted',
    links: [
      { link: 'a', weight: 70 },
      { link: 'b', weight: 20 },
      { link: 'c', weight: 10 },
    ],
  };
  const routes = table([weighted]);
  const share = (state: LinkHealth, place: number) => {
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 20_000; i += 1) {
      const hash = Math.imul(i, 0x9e3779b1) >>> 0;
      const { links } = decideRoute({ ...FACTS, hash }, routes, state, 0);
      assert.deepEqual(decideRoute({ ...FACTS, hash }, routes, state, 0).links, links);
      counts[links[place]!]! += 1;
    }
    return counts.map((count) => Math.round(count / 200));
  };
  assert.deepEqual(share(health(), 0), [70, 20, 10, 0]);
  assert.deepEqual(share(health({ 0: LinkState.down }), 0), [0, 67, 33, 0]);
  // The second place follows the weights that are left: 0.2·70/80 + 0.1·70/90 = 25 %, and so on.
  const second = share(health(), 1);
  for (const [link, expected] of [25, 48, 27].entries())
    assert.ok(Math.abs(second[link]! - expected) <= 2, second.join());
});

test('all faults of a configuration at once, each with its place', () => {
  const result = compileRoutes({
    links: ['a', 'b', 'a'],
    accounts: ['acme'],
    rules: [
      rule('one', { prefixes: ['41'] }),
      rule('one', { prefixes: ['+49'], links: [{ link: 'x' }, { link: 'a', weight: 0 }] }),
      rule('three', { accounts: ['nobody'], links: [] }),
      rule('four', { prefixes: ['4179'], accounts: ['acme'] }),
    ],
  });
  assert.ok(!result.ok);
  assert.deepEqual(
    result.error.map((fault) => fault.path),
    [
      'links[2]',
      'rules[1].name',
      'rules[1].links[0].link',
      'rules[1].links[1].weight',
      'rules[1].prefixes[0]',
      'rules[2].links',
      'rules[2].accounts[0]',
      'rules[3]',
    ],
  );
});

test('rules that can never apply are faults; those that still can are not', () => {
  const faults = (rules: RuleConfig[]) => {
    const result = compileRoutes({ links: LINKS, accounts: ACCOUNTS, rules });
    return result.ok ? [] : result.error.map((fault) => fault.path);
  };
  assert.deepEqual(faults([rule('all'), rule('late', { prefixes: ['41'] })]), ['rules[1]']);
  assert.deepEqual(faults([rule('all', { senders: ['*'] }), rule('late', { senders: ['A'] })]), ['rules[1]']);
  assert.deepEqual(faults([rule('x', { accounts: ['acme'] }), rule('late', { accounts: ['acme'] })]), ['rules[1]']);
  assert.deepEqual(faults([rule('x', { accounts: ['acme'] }), rule('all')]), []);
  assert.deepEqual(faults([rule('x', { senders: ['A'] }), rule('all')]), []);
  assert.deepEqual(faults([rule('x', { fallThrough: true }), rule('all')]), []);
  assert.deepEqual(faults([rule('x', { prefixes: ['41'] }), rule('y', { prefixes: ['4179', '49'] })]), []);
});

test('agrees with reading the rules from top to bottom', () => {
  const prefix = fc.string({ unit: fc.constantFrom('1', '2'), maxLength: 3 });
  const some = <T>(value: fc.Arbitrary<T>) =>
    fc.option(fc.uniqueArray(value, { minLength: 1, maxLength: 2 }), { nil: undefined });
  const anyRule = fc.record({
    prefixes: some(prefix),
    accounts: some(fc.constantFrom(...ACCOUNTS)),
    senders: some(fc.constantFrom('A*', '*B', 'A?B', '*', 'AB')),
    links: fc.uniqueArray(fc.constantFrom(...LINKS), { minLength: 1, maxLength: 3 }),
    fallThrough: fc.boolean(),
  });
  const regex = (glob: string) => new RegExp(`^${glob.replaceAll('*', '.*').replaceAll('?', '.')}$`);
  fc.assert(
    fc.property(
      fc.array(anyRule, { maxLength: 8 }),
      fc.string({ unit: fc.constantFrom('1', '2', '3'), maxLength: 4 }),
      fc.nat(2),
      fc.string({ unit: fc.constantFrom('A', 'B', 'C'), maxLength: 4 }),
      fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
      (raw, destination, account, sender, up) => {
        const rules: RuleConfig[] = [];
        for (const [i, { prefixes, accounts, senders, links, fallThrough }] of raw.entries()) {
          const conditions = {
            ...(prefixes && { prefixes }),
            ...(accounts && { accounts }),
            ...(senders && { senders }),
          };
          const one: RuleConfig = { name: `r${i}`, mode: 'ordered', links: to(...links), fallThrough, ...conditions };
          // Rules that can never apply are refused at compile; leave them out and go on.
          if (compileRoutes({ links: LINKS, accounts: ACCOUNTS, rules: [...rules, one] }).ok) rules.push(one);
        }
        let expected: number[] = [];
        let kind = 'noRoute';
        for (const one of rules) {
          const fits =
            (one.prefixes === undefined || one.prefixes.some((p) => destination.startsWith(p))) &&
            (one.accounts === undefined || one.accounts.includes(ACCOUNTS[account]!)) &&
            (one.senders === undefined || one.senders.some((glob) => regex(glob).test(sender)));
          if (!fits) continue;
          expected = one.links.map(({ link }) => LINKS.indexOf(link)).filter((link) => up[link]);
          kind = expected.length > 0 ? 'routed' : 'wait';
          if (expected.length > 0 || !one.fallThrough) break;
        }
        const state = health(Object.fromEntries(up.map((is, link) => [link, is ? LinkState.up : LinkState.down])));
        const decision = decideRoute({ destination, account, sender, hash: 0, refused: [] }, table(rules), state, 0);
        assert.deepEqual([...decision.links], expected);
        assert.equal(decision.kind, kind);
      },
    ),
    { numRuns: 500 },
  );
});
