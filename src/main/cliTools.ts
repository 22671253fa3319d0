// What the commands of the CLI share: exit codes, how a command is described, how arguments are read, and how tables are written.
import { readFileSync } from 'node:fs';
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** Exit codes of every command; `glaspost --help` names them. */
export const Exit = {
  ok: 0,
  /** It was not done; the message says why. */
  failed: 1,
  /** Wrong arguments, or a configuration with faults. */
  usage: 2,
  /** Nobody answers at the address. */
  noConnection: 3,
  /** The key or token is wrong. */
  denied: 4,
} as const;

/** The version of package.json. */
export function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { readonly version: string }).version;
}

/** Ends a command with one sentence for a person. */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = Exit.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

export interface Command {
  /** One line for `glaspost --help`. */
  readonly summary: string;
  /** The whole of `glaspost NAME --help`. */
  readonly help: string;
  /** The exit code. Throws CommandError for what a person can mend. */
  run(args: readonly string[]): Promise<number>;
}

type Options = NonNullable<ParseArgsConfig['options']>;

/** Options that every command that asks a running gateway has. */
export const clientOptions = {
  config: { type: 'string', short: 'c' },
  url: { type: 'string' },
  key: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies Options;

export const clientHelp = `Where to ask
  -c, --config DIR   folder (or file) of gateway.yaml; its http.listen and keys are used
                     (default: $GLASPOST_CONFIG, else the present folder)
  --url URL          address of the API instead, e.g. http://127.0.0.1:8080 (default: $GLASPOST_URL)
  --key KEY          key instead of the one in the configuration (default: $GLASPOST_KEY, which ps does not show)
  --json             one JSON value on standard output instead of text for people
`;

/** Reads arguments; unknown ones end the command with exit code 2. */
export function readArguments<O extends Options>(
  args: readonly string[],
  options: O,
  positionals: readonly string[] = [],
) {
  let parsed: ReturnType<typeof parseArgs<{ args: string[]; options: O; strict: true; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
  } catch (error) {
    const [what = ''] = (error as Error).message.split(/\n|\. To specify/);
    throw new CommandError(`${what.replace(/\.$/, '')}; --help shows how`, Exit.usage);
  }
  const given = parsed.positionals;
  const required = positionals.filter((name) => !name.startsWith('['));
  if (given.length < required.length)
    throw new CommandError(`needs ${required.slice(given.length).join(' and ')}; --help shows how`, Exit.usage);
  if (given.length > positionals.length)
    throw new CommandError(`does not understand "${given[positionals.length]}"; --help shows how`, Exit.usage);
  return { values: parsed.values, positionals: given };
}

export function wantsHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end < 0 ? args : args.slice(0, end)).some((one) => one === '--help' || one === '-h');
}

/** An option that must be there. */
export function needed(value: string | undefined, name: string): string {
  if (value === undefined || value === '') throw new CommandError(`needs ${name}; --help shows how`, Exit.usage);
  return value;
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** On standard error, so that standard output stays for answers. */
export function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Rows with their columns aligned. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] as number)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
