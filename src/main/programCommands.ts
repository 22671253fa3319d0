// The commands that run programs: up, gateway, guard, operator, and init, which makes what they need.
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ConfigFault } from '../base/result.ts';
import { configPath } from './client.ts';
import { type Command, CommandError, Exit, needed, readArguments, say, tell } from './cliTools.ts';
import { misfits } from './configFit.ts';
import { loadGatewayConfig } from './gatewayConfig.ts';
import { loadGuardConfig } from './guardConfig.ts';
import { defaultPorts, writeInitFiles } from './initFiles.ts';
import { operatorHelp } from './operatorConfig.ts';
import { tellFaults } from './programs.ts';
import { SUPERVISED, Supervisor } from './supervisor.ts';

/** A signal to the whole process group comes twice, the second time through the launcher: only a later one means "at once". */
const SAME_SIGNAL_MS = 500;

const configOption = { config: { type: 'string', short: 'c' }, help: { type: 'boolean', short: 'h' } } as const;

export const upCommand: Command = {
  summary: 'run gateway and guard under one roof; each is restarted alone',
  help: `glaspost up: starts the guard and the gateway as processes of their own and keeps them running

  glaspost up -c DIR

  -c, --config DIR   folder with gateway.yaml and guard.yaml (default: $GLASPOST_CONFIG, else the present folder)

Both write JSON lines to standard output; "program" says which. A program that ends is started again after 0.25 s,
later up to 10 s. SIGTERM or Ctrl-C ends the gateway, then the guard, both orderly; a second one ends them at once.
SIGHUP makes both read their configuration again; no session is dropped.
Exit codes: 0 ended by a signal, 1 a program could not start, 2 a configuration has faults.
`,
  async run(args) {
    const { values } = readArguments(args, configOption);
    const gateway = configPath(values.config, 'gateway.yaml');
    const guard = configPath(values.config, 'guard.yaml');
    if (gateway === guard) throw new CommandError('needs the folder of both files, not one of them', Exit.usage);
    if (!checkConfigs([gateway, guard])) return Exit.usage;
    const log = (event: string, fields: object): void =>
      say(JSON.stringify({ time: new Date().toISOString(), program: 'up', event, ...fields }));
    const supervisor = new Supervisor(
      [
        { name: 'guard', configPath: guard },
        { name: 'gateway', configPath: gateway },
      ],
      {
        line: (_program, line) => say(line),
        event: (text, fields) => log(text, { pid: process.pid, ...fields }),
      },
    );
    let firstAtMs = Number.NaN;
    const end = (): void => {
      const nowMs = performance.now();
      if (Number.isNaN(firstAtMs)) {
        firstAtMs = nowMs;
        void supervisor.stop();
      } else if (nowMs - firstAtMs >= SAME_SIGNAL_MS) supervisor.kill();
    };
    process.on('SIGTERM', end);
    process.on('SIGINT', end);
    process.on('SIGHUP', () => supervisor.reload());
    supervisor.start();
    return supervisor.ended;
  },
};

export const gatewayCommand: Command = {
  summary: 'run the gateway alone',
  help: `glaspost gateway: the program that serves customers over SMPP and HTTP

  glaspost gateway -c gateway.yaml

  -c, --config FILE  gateway.yaml, or its folder (default: $GLASPOST_CONFIG, else the present folder)

SIGTERM or SIGINT ends it orderly, SIGHUP makes it read its configuration again.
Exit codes: 0 ended by a signal, 1 failed, 2 the configuration has faults.
`,
  // Programs are loaded when they are meant: the supervisor needs neither.
  run: async (args) => runProgram(args, 'gateway.yaml', (await import('./gateway.ts')).runGateway),
};

export const guardCommand: Command = {
  summary: 'run the guard alone, also in front of another gateway',
  help: `glaspost guard: the program that alone holds suppliers' credentials and speaks to suppliers

  glaspost guard -c guard.yaml

  -c, --config FILE  guard.yaml, or its folder (default: $GLASPOST_CONFIG, else the present folder)

It serves Glaspost gateways (upstreams with mode: token) and any other SMS gateway (mode: bind) over SMPP.
SIGTERM or SIGINT ends it orderly, SIGHUP makes it read its configuration again.
Exit codes: 0 ended by a signal, 1 failed or another guard has the data, 2 the configuration has faults.
`,
  run: async (args) => runProgram(args, 'guard.yaml', (await import('./guard.ts')).runGuard),
};

export const operatorCommand: Command = {
  summary: 'run a simulated operator that speaks real SMPP, well or badly',
  help: operatorHelp,
  run: async (args) => (await import('./operator.ts')).operatorMain(args),
};

export const initCommand: Command = {
  summary: 'write a configuration that works, with fresh secrets',
  help: `glaspost init: writes gateway.yaml, guard.yaml, operator.yaml and fresh random secrets (mode 0600) into a folder

  glaspost init DIR

  --port-base N   SMPP on N, guard on N+1, simulated operator on N+2; HTTP on N+3, guard's admin on N+4,
                  operator's HTTP on N+5 (default: ${Object.values(defaultPorts).join(', ')})
  --json          the written files as JSON

DIR must not exist, or be empty. Then:
  glaspost operator --config DIR/operator.yaml &
  glaspost up -c DIR
  glaspost account credit demo 100.00 --reference first -c DIR
  glaspost send -c DIR --to +4915112345678 --from Glaspost --text Hello --wait
`,
  async run(args) {
    const { values, positionals } = readArguments(
      args,
      { 'port-base': { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
      ['DIR'],
    );
    const folder = needed(positionals[0], 'DIR');
    const base = values['port-base'];
    if (base !== undefined && !(/^[0-9]{4,5}$/.test(base) && Number(base) <= 65_530))
      throw new CommandError('--port-base must be 1000 to 65530', Exit.usage);
    const from = Number(base);
    const ports =
      base === undefined
        ? defaultPorts
        : {
            smpp: from,
            guard: from + 1,
            operator: from + 2,
            http: from + 3,
            guardAdmin: from + 4,
            operatorHttp: from + 5,
          };
    if (existsSync(folder) && readdirSync(folder).length > 0)
      throw new CommandError(`${folder} is not empty; init writes over nothing`, Exit.failed);
    mkdirSync(folder, { recursive: true, mode: 0o750 });
    writeInitFiles(folder, ports);
    if (values.json === true) {
      say(JSON.stringify({ folder: resolve(folder), ports }));
      return Exit.ok;
    }
    say(`${folder} holds gateway.yaml, guard.yaml, operator.yaml and secrets/. Next, each in a terminal of its own:

  glaspost operator --config ${folder}/operator.yaml      a simulated operator; its handsets: http://127.0.0.1:${ports.operatorHttp}/
  glaspost up -c ${folder}                                guard and gateway: SMPP ${ports.smpp}, HTTP ${ports.http}
  glaspost account credit demo 100.00 --reference first -c ${folder}
  glaspost send -c ${folder} --to +4915112345678 --from Glaspost --text Hello --wait`);
    return Exit.ok;
  },
};

export const configCommand: Command = {
  summary: 'config check: tell every fault of gateway.yaml and guard.yaml',
  help: `glaspost config check: reads gateway.yaml and guard.yaml with their secrets and tells every fault at once

  glaspost config check -c DIR

  -c, --config DIR   folder of both files, or one of them (default: $GLASPOST_CONFIG, else the present folder)
  --json             {"faults":[{"file","path","message"}]}

Each fault has its path and what would be right. Of a folder it tells also where the two files do not meet: names,
passwords, secrets, links. Nothing is started or changed.
Exit codes: 0 no fault, 2 faults.
`,
  async run(args) {
    const { values, positionals } = readArguments(args, { ...configOption, json: { type: 'boolean' } }, ['check']);
    if (positionals[0] !== 'check') throw new CommandError('knows only: config check', Exit.usage);
    const given = configPath(values.config, 'gateway.yaml');
    const other = configPath(values.config, 'guard.yaml');
    const paths = given !== other ? [given, other] : [given];
    const found = paths.map((path) => ({ path, faults: faultsOf(path) }));
    const [gateway, guard] = found;
    if (gateway !== undefined && guard !== undefined && found.every((one) => one.faults.length === 0))
      gateway.faults = faultsBetween(given, other);
    const sound = found.every((one) => one.faults.length === 0);
    if (values.json === true)
      say(
        JSON.stringify({ faults: found.flatMap(({ path, faults }) => faults.map((one) => ({ file: path, ...one }))) }),
      );
    else
      for (const { path, faults } of found) {
        if (faults.length > 0) tellFaults(path, faults);
        else if (sound) say(`${path}: no faults`);
      }
    return sound ? Exit.ok : Exit.usage;
  },
};

/** Which program a file is for: its name says so. */
function faultsOf(path: string): readonly ConfigFault[] {
  const isGuard = /guard[^/]*\.ya?ml$/.test(path);
  return (isGuard ? loadGuardConfig(path, process.env) : loadGatewayConfig(path, process.env)).faults;
}

/** Both are right by themselves. */
function faultsBetween(gatewayPath: string, guardPath: string): readonly ConfigFault[] {
  const gateway = loadGatewayConfig(gatewayPath, process.env).loaded;
  const guard = loadGuardConfig(guardPath, process.env).loaded;
  return gateway === null || guard === null ? [] : misfits(gateway.gateway, guard.guard);
}

function checkConfigs(paths: readonly string[]): boolean {
  let sound = true;
  for (const path of paths) {
    const faults = faultsOf(path);
    if (faults.length === 0) continue;
    tellFaults(path, faults);
    sound = false;
  }
  return sound;
}

async function runProgram(
  args: readonly string[],
  name: 'gateway.yaml' | 'guard.yaml',
  run: (path: string) => Promise<number>,
): Promise<number> {
  const { values } = readArguments(args, configOption);
  if (process.env[SUPERVISED] !== undefined) {
    // Our end of the supervisor's pipe: when it is gone, nobody would start us again or end us.
    process.stdin.on('end', () => {
      tell('the supervisor is gone');
      process.kill(process.pid, 'SIGTERM');
    });
    process.stdin.resume();
  }
  return run(configPath(values.config, name));
}
