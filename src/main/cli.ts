// The command `glaspost`: finds the command that is meant, and turns what goes wrong into one sentence and an exit code.
import { type Command, CommandError, Exit, say, tell, version, wantsHelp } from './cliTools.ts';

/** Loaded when they are meant: `glaspost send` has no use for the SMPP stack. */
export const commands: { readonly [name: string]: () => Promise<Command> } = {
  up: async () => (await import('./programCommands.ts')).upCommand,
  gateway: async () => (await import('./programCommands.ts')).gatewayCommand,
  guard: async () => (await import('./programCommands.ts')).guardCommand,
  operator: async () => (await import('./programCommands.ts')).operatorCommand,
  init: async () => (await import('./programCommands.ts')).initCommand,
  config: async () => (await import('./programCommands.ts')).configCommand,
  send: async () => (await import('./messageCommands.ts')).sendCommand,
  trace: async () => (await import('./messageCommands.ts')).traceCommand,
  cdr: async () => (await import('./messageCommands.ts')).cdrCommand,
  status: async () => (await import('./statusCommands.ts')).statusCommand,
  link: async () => (await import('./statusCommands.ts')).linkCommand,
  account: async () => (await import('./accountCommand.ts')).accountCommand,
};

const groups: readonly (readonly [string, readonly string[]])[] = [
  ['Start here', ['init', 'config', 'up']],
  ['Programs, one by one', ['gateway', 'guard', 'operator']],
  ['Messages', ['send', 'trace', 'cdr']],
  ['Running it', ['status', 'link', 'account']],
];

async function overview(): Promise<string> {
  const parts: string[] = [];
  for (const [title, names] of groups) {
    const lines = await Promise.all(
      names.map(async (name) => `  ${name.padEnd(10)}${(await (commands[name] as () => Promise<Command>)()).summary}`),
    );
    parts.push(`${title}\n${lines.join('\n')}`);
  }
  return `glaspost: an SMS gateway whose use of operator access leaves evidence

${parts.join('\n\n')}

Try it
  glaspost init x                                             a configuration with fresh secrets
  glaspost operator --config x/operator.yaml &                a simulated operator
  glaspost up -c x                                            guard and gateway; leave it running
  glaspost account credit demo 100.00 --reference first -c x
  glaspost send -c x --to +4915112345678 --from Glaspost --text Hello --wait

glaspost COMMAND --help explains a command; most take -c DIR and --json; --version tells which this is. docs/OPERATING.md explains the settings.
Exit codes: 0 done, 1 failed, 2 wrong arguments or configuration, 3 nobody answers, 4 wrong key.
`;
}

/** Runs one command line; the exit code. */
export async function cliMain(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const meant = name === 'help' ? rest[0] : undefined;
    const found = meant === undefined ? undefined : Object.hasOwn(commands, meant) ? commands[meant] : undefined;
    (name === undefined ? process.stderr : process.stdout).write(
      found === undefined ? await overview() : (await found()).help,
    );
    return name === undefined ? Exit.usage : Exit.ok;
  }
  if (name === '--version') {
    say(`glaspost ${version()}, Node ${process.versions.node}`);
    return Exit.ok;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined) {
    tell(`glaspost: there is no command "${name}"; glaspost --help lists them`);
    return Exit.usage;
  }
  const command = await load();
  if (wantsHelp(rest)) {
    say(command.help.trimEnd());
    return Exit.ok;
  }
  try {
    return await command.run(rest);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    tell(`glaspost ${name}: ${error.message}`);
    return error.exitCode;
  }
}

// The exit code must hold even with a socket, a worker or standard input still open.
if (import.meta.main) process.exit(await cliMain(process.argv.slice(2)));
