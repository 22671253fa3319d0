// The rules of the house as functions from sources to faults: floors, purity, file sizes, forms, reachability.
// Each fault is a sentence with its file, so that the failing test says what to do.
import { referencesOf, resolveReference, type Source } from './source.ts';

/** The floors (design §4). Imports point to a lower floor or stay in their folder. */
const floorOf: Readonly<Record<string, number>> = {
  base: 0,
  smpp: 1,
  sms: 1,
  tlog: 1,
  numbering: 1,
  session: 2,
  queue: 2,
  routing: 2,
  ledger: 2,
  verify: 2,
  egress: 2,
  port: 2.5,
  driver: 2.75,
  gateway: 3,
  guard: 3,
  operator: 3,
  witness: 3,
  api: 4,
  host: 5,
  sim: 5,
  main: 6,
};

/** Packages that a floor may use; the floors that are not listed here use none. Host and main may use any. */
const packagesOf: Readonly<Record<string, readonly string[]>> = {
  api: ['hono', '@hono/zod-openapi', 'zod', 'prom-client'],
};

/** Lines that a file may have; tables are exempt by name. */
const maxLines = 300;

/** Folder below src/, or null for files elsewhere. */
function roomOf(path: string): string | null {
  return /^src\/([^/]+)\//.exec(path)?.[1] ?? null;
}

function lineOf(source: Source, index: number): number {
  return source.text.slice(0, index).split('\n').length;
}

function hits(source: Source, pattern: RegExp, why: string): string[] {
  return [...source.code.matchAll(pattern)].map(
    (match) => `${source.path}:${lineOf(source, match.index)}: ${match[0].trim()}: ${why}`,
  );
}

/** Imports point only downward, and stay inside src/. */
export function floorFaults(source: Source): string[] {
  const room = roomOf(source.path);
  if (room === null) return [];
  const floor = floorOf[room];
  if (floor === undefined) return [`${source.path}: src/${room} is no floor of the house`];
  const faults: string[] = [];
  for (const reference of source.imports) {
    const target = resolveReference(source.path, reference);
    if (target === null) {
      if (reference.startsWith('node:')) continue;
      const name = /^(?:@[^/]+\/)?[^/]+/.exec(reference)?.[0] ?? reference;
      if (floor < 5 && !(packagesOf[room] ?? []).includes(name)) {
        faults.push(`${source.path}: src/${room} must not use the package ${name}`);
      }
      continue;
    }
    const targetRoom = roomOf(target);
    if (targetRoom === null) faults.push(`${source.path}: imports ${target}, which is outside src/`);
    else if (targetRoom !== room && (floorOf[targetRoom] ?? Number.POSITIVE_INFINITY) >= floor) {
      faults.push(`${source.path}: src/${room} must not import src/${targetRoom} (${target}): imports point downward`);
    }
  }
  return faults;
}

/** Words that reach for the world; floors below host may not have them. */
const worldly: readonly (readonly [RegExp, string])[] = [
  [/(?<![.\w])Date\.now\b/g, 'the clock is port/loop'],
  [/\bnew Date\(\s*\)|(?<![.\w])(?<!new )Date\(/g, 'the clock is port/loop'],
  [
    /\.(?:get|set)(?:FullYear|Month|Date|Day|Hours|Minutes|Seconds|Milliseconds|TimezoneOffset)\b/g,
    'local time depends on the machine; use UTC',
  ],
  [/\bMath\.random\b/g, 'randomness is an argument or port/crypto'],
  [/(?<![.\w])(?:setTimeout|setInterval|setImmediate|queueMicrotask|clearTimeout)\b/g, 'timers are port/loop'],
  [/(?<![.\w])process\s*[.[]/g, 'the process belongs to host and main'],
  [/(?<![.\w])performance\s*\./g, 'the clock is port/loop'],
  [/\bcrypto\.(?:subtle|getRandomValues|randomUUID)\b/g, 'cryptography is port/crypto'],
  [/(?:\bawait|\breturn|[=(,])\s*fetch\s*\(/g, 'HTTP is port/http'],
  [/(?<![.\w])console\s*\./g, 'the log is port/log'],
  [/(?<![.\w])globalThis\b/g, 'the world is port/'],
  [/(?<![.\w])require\s*\(/g, 'only import'],
  [/\.toLocale\w+|\blocaleCompare\b|(?<![.\w])Intl\.(?!Segmenter)/g, 'the locale depends on the machine'],
];

/** Words that floors 0–2 may not have besides. */
const asynchronous: readonly (readonly [RegExp, string])[] = [
  [/(?<![.\w])async\b(?!\s*:)/g, 'floors 0–2 are synchronous'],
  [/(?<![.\w])await\b/g, 'floors 0–2 are synchronous'],
  [/(?<![.\w])Promise\b/g, 'floors 0–2 are synchronous'],
  [/\bimport\s*\(/g, 'floors 0–2 import statically'],
];

/** A constant container that begins empty is there to be filled, unless its type says that it stays so. */
const emptyContainer =
  /^(?:export\s+)?const\s+\w+\b(?!\s*:\s*(?:readonly\b|Readonly))[^=\n]*=\s*(?:new (?:Weak)?(?:Map|Set)(?:<[^\n]*>)?\(\s*\)|\[\s*\])/gm;

/** Floors 0–2 are pure; floors up to 4 reach the world through port/ alone and keep no state in modules. */
export function purityFaults(source: Source): string[] {
  const room = roomOf(source.path);
  const floor = room === null ? undefined : floorOf[room];
  if (floor === undefined || floor >= 5) return [];
  const faults = source.imports
    .filter((reference) => reference.startsWith('node:'))
    .map((reference) => `${source.path}: imports ${reference}; only host and main may`);
  for (const [pattern, why] of worldly) faults.push(...hits(source, pattern, why));
  if (floor <= 2) for (const [pattern, why] of asynchronous) faults.push(...hits(source, pattern, why));
  const why = 'mutable state at module level; every program instance owns its world';
  faults.push(...hits(source, /^(?:export\s+)?(?:let|var)\s+\w+/gm, why));
  faults.push(...hits(source, emptyContainer, why));
  return faults;
}

/** True for files that hold data, which may be as long as their data is. */
export function isTable(path: string): boolean {
  return /tables?\.ts$/i.test(path);
}

/** A room is small enough to be read at once and says at its door what it is for. */
export function shapeFaults(source: Source): string[] {
  const faults: string[] = [];
  const lines = source.text.trimEnd().split('\n');
  if (lines.length > maxLines && !isTable(source.path)) {
    faults.push(`${source.path}: ${lines.length} lines; a file has at most ${maxLines}`);
  }
  const first = (lines[0] ?? '').startsWith('#!') ? (lines[1] ?? '') : (lines[0] ?? '');
  if (!/^(?:\/\/|\/\*).*\w{3}/.test(`${first}${first === '/**' ? lines[1] : ''}`)) {
    faults.push(`${source.path}: begins without a comment that says what it is for`);
  }
  return faults;
}

/** Forms that the project does without: in every file of the repository. */
export function formFaults(source: Source): string[] {
  const faults = [
    ...hits(source, /^\s*export\s+default\b/gm, 'exports have names'),
    ...hits(source, /^\s*(?:export\s+)?(?:const\s+|declare\s+)*enum\s+\w/gm, 'a union of literals instead'),
    ...hits(source, /^\s*(?:export\s+)?(?:declare\s+)?(?:namespace|module)\s+\w+\s*\{/gm, 'a module is a file'),
    ...hits(source, /:\s*any\b(?!\s*\()|\bas\s+any\b|<any>|\bany\[\]|<any,|,\s*any>/g, 'unknown, or the real type'),
    ...hits(
      source,
      /\b(?:test|it|describe|suite)\.(?:only|todo|skip)\b/g,
      'a test runs; what cannot run here says why with t.skip',
    ),
    ...hits(source, /\b(?:only|todo):\s*true\b/g, 'a test runs'),
  ];
  const statements = source.code.replace(/^\s*import\b[^;]*;/gm, '').trim();
  if (
    statements !== '' &&
    statements.replace(/export\s+(?:type\s+)?(?:\*|\{[^}]*\})(?:\s+as\s+\w+)?\s+from\s+['"]\s*['"];?/g, '').trim() ===
      ''
  ) {
    faults.push(`${source.path}: only passes on what others export; import from where things are`);
  }
  for (const comment of source.comments) {
    const word = /\b(?:TODO|FIXME|XXX|HACK)\b|@ts-(?:ignore|nocheck|expect-error)|biome-ignore-all/.exec(comment)?.[0];
    if (word !== undefined) faults.push(`${source.path}: a comment with ${word}: do it, or leave it out`);
  }
  return faults;
}

/** Files below src/ that no entry point leads to. `entries` are paths like src/main/cli.ts. */
export function unreachableFiles(sources: readonly Source[], entries: readonly string[]): string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const seen = new Set<string>();
  const open = [...entries];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const source = byPath.get(path);
    if (source === undefined || seen.has(path)) continue;
    seen.add(path);
    open.push(...referencesOf(source));
  }
  return sources.map((source) => source.path).filter((path) => path.startsWith('src/') && !seen.has(path));
}
