// The rules of the house are tests: floors, purity, file sizes, forms, reachability (design §4), and the project's own papers.
// The rules themselves are tested too: bad snippets must be caught, good ones must pass.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { floorFaults, formFaults, purityFaults, shapeFaults, unreachableFiles } from './tidy/rules.ts';
import { readSource, referencesOf, type Source } from './tidy/source.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function sourcesBelow(...folders: string[]): Source[] {
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.(?:ts|mts|mjs|js|cjs)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => readSource(relative(root, path).split(sep).join('/'), readFileSync(path, 'utf8')));
}

function none(faults: readonly string[]): void {
  assert.equal(faults.length, 0, `${faults.length} fault(s):\n${faults.join('\n')}`);
}

const house = sourcesBelow('src');
const everything = sourcesBelow('src', 'test', 'bench', 'fuzz', 'interop', 'bin', 'examples', 'console');

/** What package.json and bin/ start: the only doors into src/. */
function entryPoints(): string[] {
  const manifest = readFileSync(join(root, 'package.json'), 'utf8');
  const doors = sourcesBelow('bin').map((source) => source.text.replaceAll("', '", '/'));
  return [...`${manifest}\n${doors.join('\n')}`.matchAll(/src\/main\/\w+\.ts/g)].map((match) => match[0]);
}

describe('the house', () => {
  test('imports point only downward', () => none(house.flatMap(floorFaults)));
  test('floors 0–2 are pure, floors up to 4 use port/ for the world', () => none(house.flatMap(purityFaults)));
  test('files are small and say what they are for', () => none(everything.flatMap(shapeFaults)));
  test('no default exports, enums, any, barrels, unfinished work', () => none(everything.flatMap(formFaults)));

  test('every file of src/ is reached from an entry point', () => {
    const entries = entryPoints();
    assert.ok(entries.includes('src/main/cli.ts') && entries.includes('src/main/demo.ts'), entries.join());
    // Declarations without code need nobody to import them.
    const compiled = house.filter((source) => !source.path.endsWith('.d.ts'));
    // The simulated world is for tests: what tests use of it is reached. So are the formats of the public log: that the
    // guard's records suffice to derive it is proven now, the log itself is a room of its own later.
    const tests = sourcesBelow('test', 'bench').flatMap(referencesOf);
    const awaited = tests.filter((path) => path.startsWith('src/sim/') || path.startsWith('src/tlog/'));
    none(unreachableFiles(compiled, [...entries, ...awaited]).map((path) => `${path}: no entry point leads to it`));
  });

  test('every relative import leads to a file', () => {
    const missing = everything.flatMap((source) =>
      source.imports
        .filter((reference) => reference.startsWith('.'))
        .filter((reference) => !existsSync(join(root, dirname(source.path), reference)))
        .map((reference) => `${source.path}: ${reference}`),
    );
    none(missing);
  });

  test('the lock file names no registry, and every dependency is pinned and has its reason in docs/decisions', () => {
    const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
    assert.doesNotMatch(lock, /"resolved"|https?:\/\/[^"]*registry/);
    const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    assert.ok(typeof manifest === 'object' && manifest !== null);
    const { dependencies, devDependencies } = manifest as Record<string, Record<string, string>>;
    const decisions = readdirSync(join(root, 'docs/decisions'))
      .map((name) => readFileSync(join(root, 'docs/decisions', name), 'utf8'))
      .join('\n');
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      assert.match(version, /^\d+\.\d+\.\d+$/, `${name} is pinned to one version`);
      assert.ok(decisions.includes(`\`${name}\``), `${name} has its line in docs/decisions`);
    }
  });
});

/** The beginning of an interpolation, apart from its end so that it is none here. */
const hole = '$'.concat('{');

const inFloor = (room: string, text: string): Source => readSource(`src/${room}/sample.ts`, text);

describe('the rules', () => {
  test('floors: upward, sideways, outward and package imports are caught', () => {
    const bad: [string, string][] = [
      ['base', "import { x } from '../smpp/pdu.ts';"],
      ['smpp', "import type { X } from '../sms/gsm.ts';"],
      ['session', "export { x } from '../port/net.ts';"],
      ['gateway', "import { x } from '../guard/orders.ts';"],
      ['gateway', "import {\n  x,\n  y,\n} from '../host/net.ts';"],
      ['host', "import { x } from '../sim/world.ts';"],
      ['sim', "import '../host/net.ts';"],
      ['api', "const x = await import('../main/cli.ts');"],
      ['gateway', "import { x } from '../../test/tools.ts';"],
      ['gateway', "import { z } from 'zod';"],
      ['attic', 'export const x = 1;'],
    ];
    for (const [room, text] of bad) assert.equal(floorFaults(inFloor(room, text)).length, 1, `${room}: ${text}`);
    const good: [string, string][] = [
      ['main', "import { x } from '../host/net.ts';\nimport { parse } from 'yaml';"],
      ['guard', "import { x } from '../driver/types.ts';\nimport { y } from './orders.ts';"],
      ['api', "import { Hono } from 'hono';\nimport { z } from '@hono/zod-openapi';"],
      ['base', "// import { x } from '../main/cli.ts';\nconst text = \"import { x } from '../main/cli.ts';\";"],
    ];
    for (const [room, text] of good) none(floorFaults(inFloor(room, text)));
  });

  test('purity: the world is caught, its namesakes are not', () => {
    const bad: [string, string][] = [
      ['sms', "import { readFileSync } from 'node:fs';"],
      ['gateway', "import { createHash } from 'node:crypto';"],
      ['sms', 'const now = Date.now();'],
      ['gateway', 'const now = new Date();'],
      ['queue', 'const r = Math.random();'],
      ['guard', 'setTimeout(() => {}, 5);'],
      ['egress', 'const home = process.env["HOME"];'],
      ['base', 'export async function f() {}'],
      ['ledger', 'const x: Promise<void> = y;'],
      ['operator', 'const id = crypto.randomUUID();'],
      ['api', 'const answer = await fetch(url);'],
      ['gateway', 'console.log(1);'],
      ['smpp', 'let counter = 0;'],
      ['guard', 'export const links = new Map<string, Link>();'],
      ['guard', 'const pending: string[] = [];'],
      ['sms', 'const hour = new Date(ms).getHours();'],
      ['sms', `const text = \`${hole}Date.now()} ms\`;`],
    ];
    for (const [room, text] of bad) assert.equal(purityFaults(inFloor(room, text)).length, 1, `${room}: ${text}`);
    const good: [string, string][] = [
      ['sms', '// Date.now() would be wrong here\nconst text = "Date.now()"; const pattern = /Math.random/;'],
      ['sms', 'const day = new Date(ms).toISOString(); const at = Date.UTC(2020, 1, 1);'],
      ['guard', 'export async function stop(): Promise<void> { await world.loop.setTimeout(5); this.process(pdu); }'],
      ['api', 'export function fetch(request: Request): Response { return new Response(); }'],
      ['smpp', 'function f() {\n  let i = 0;\n  const seen = new Map<string, number>();\n}'],
      ['guard', 'const none: readonly string[] = [];\nconst empty: ReadonlySet<string> = new Set();'],
      ['smpp', 'export const names: ReadonlyMap<number, string> = new Map([[1, "x"]]);'],
      ['host', "import { readFileSync } from 'node:fs';\nconst now = Date.now();"],
    ];
    for (const [room, text] of good) none(purityFaults(inFloor(room, text)));
  });

  test('shape: long files and files without a word at the door are caught', () => {
    const line = 'export const x = 1;\n';
    const door = '// A sample of what a file begins with.\n';
    const at = (path: string, text: string): number => shapeFaults(readSource(path, text)).length;
    assert.equal(at('src/sms/long.ts', door + line.repeat(299)), 0);
    assert.equal(at('src/sms/long.ts', door + line.repeat(300)), 1);
    assert.equal(at('src/sms/gsm.tables.ts', door + line.repeat(3000)), 0);
    assert.equal(at('src/sms/denyTable.ts', door + line.repeat(3000)), 0);
    assert.equal(at('src/sms/table/x.ts', door + line.repeat(3000)), 1);
    assert.equal(at('src/sms/bare.ts', line), 1);
    assert.equal(at('bin/x.mjs', `#!/usr/bin/env node\n${door}${line}`), 0);
  });

  test('forms: what the project does without is caught', () => {
    const bad = [
      'export default function f() {}',
      'export enum Colour { red }',
      'namespace X { }',
      'const x: any = 1;',
      'const x = y as any;',
      "export * from './x.ts';\nexport { y } from './y.ts';",
      "import type { Z } from './z.ts';\nexport type { Z } from './z.ts';",
      '// TODO: later\nconst x = 1;',
      '// @ts-ignore\nconst x = 1;',
      "test.skip('x', () => {});",
      "test('x', { todo: true }, () => {});",
    ];
    for (const text of bad) assert.equal(formFaults(readSource('test/x.ts', text)).length, 1, text);
    const good = [
      '// any enum, default or TODOs in a comment\nconst text = "export default any";',
      "export { y } from './y.ts';\nexport const x = 1;",
      'const anything: anyone = { default: 1, any: 2 };',
    ];
    for (const text of good) none(formFaults(readSource('test/x.ts', text)));
  });

  test('reachability: an orphan and a ring of orphans are caught, workers are reached', () => {
    const sources = [
      readSource('src/main/cli.ts', "import { x } from '../host/a.ts';"),
      readSource('src/host/a.ts', "const w = new Worker(new URL('./worker.ts', import.meta.url));"),
      readSource('src/host/worker.ts', "import type { B } from '../base/b.ts';"),
      readSource('src/base/b.ts', 'export interface B {}'),
      readSource('src/base/orphan.ts', "import { r } from './ring.ts';"),
      readSource('src/base/ring.ts', "import { o } from './orphan.ts'; // './b.ts'"),
    ];
    assert.deepEqual(unreachableFiles(sources, ['src/main/cli.ts']), ['src/base/orphan.ts', 'src/base/ring.ts']);
  });

  test('reading: divisions are no regular expressions, nested templates end where they end', () => {
    const text = [
      'const a = b / c; const d = e / f;',
      `const t = \`x ${hole}g({ h: \`y ${hole}i}\` })} z\`; // j`,
      'const r = /[/]"/; const k = l;',
    ];
    const { code, comments } = readSource('src/x.ts', text.join('\n'));
    assert.equal(code.length, text.join('\n').length);
    for (const word of ['c', 'e', 'f', 'g', 'h', 'i', 'k', 'l']) assert.match(code, new RegExp(`\\b${word}\\b`), word);
    for (const word of ['x', 'y', 'z', 'j']) assert.doesNotMatch(code, new RegExp(`\\b${word}\\b`), word);
    assert.deepEqual(comments, [' j']);
  });
});
