// Makes the project runnable on a machine that has only Node >= 20 and npm: installs what package-lock.json pins, the
// Node runtime included, and hands scripts over to that runtime. Plain JavaScript without dependencies, for old Nodes.
// It says what it does on stderr, so that stdout belongs to the program that runs afterwards.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const modules = join(root, 'node_modules');
const windows = process.platform === 'win32';

/** The pinned runtime's executable; the npm package `node` puts it there in its install step. */
export const runtime = join(modules, 'node', 'bin', windows ? 'node.exe' : 'node');

function say(line) {
  writeSync(2, `glaspost: ${line}\n`);
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** A failure that a person can act on: its message is printed without a stack. */
export class SetupError extends Error {}

/** Names of pinned packages that are absent from `folder` or there in another version. */
export function missingPackages(manifest, folder, withTools) {
  const wanted = { ...manifest.dependencies, ...(withTools ? manifest.devDependencies : {}) };
  return Object.keys(wanted).filter((name) => {
    const path = join(folder, name, 'package.json');
    return !existsSync(path) || readJson(path).version !== wanted[name];
  });
}

/** The version that an executable reports, without the v; null when it does not run. */
function versionOf(executable) {
  const answer = spawnSync(executable, ['--version'], { encoding: 'utf8' });
  return answer.status === 0 ? answer.stdout.trim().replace(/^v/, '') : null;
}

/** Runs a command in `cwd` with all its output on stderr; throws when it fails. */
function runOnStderr(command, args, cwd) {
  say(`${[command, ...args].join(' ')}`);
  const env = { ...process.env };
  // `npm run --json` and the like would change the output and the meaning of an inner npm.
  for (const key of Object.keys(env))
    if (/^npm_(config_(json|global|prefix|ignore_scripts)|lifecycle_)/i.test(key)) delete env[key];
  const done = spawnSync(command, args, {
    cwd,
    env,
    stdio: ['ignore', process.stderr.fd, process.stderr.fd],
    shell: windows,
  });
  if (done.error) throw new SetupError(`cannot run ${command}: ${done.error.message}`);
  if (done.status !== 0) throw new SetupError(`${command} ${args.join(' ')} failed with exit code ${done.status}`);
}

/**
 * Installs what is missing and returns the pinned runtime's path. `withTools`: the compilers and linters of
 * devDependencies too.
 */
export function ensureInstalled(withTools) {
  const manifest = readJson(join(root, 'package.json'));
  const wanted = manifest.dependencies.node;
  const missing = missingPackages(manifest, modules, withTools);
  if (missing.length > 0) {
    const started = Date.now();
    say(
      `installing ${missing.length} missing package${missing.length === 1 ? '' : 's'} and Node ${wanted} into node_modules`,
    );
    say('(some 170 MB, once; half a minute on a fast line)');
    runOnStderr(
      'npm',
      withTools ? ['ci', '--no-audit', '--no-fund'] : ['ci', '--omit=dev', '--no-audit', '--no-fund'],
      root,
    );
    say(`installed in ${((Date.now() - started) / 1000).toFixed(0)} s`);
  }
  if (!existsSync(runtime)) {
    // npm can be told not to run install scripts (ignore-scripts; from npm 11 on also by policy): then do that step here.
    say(`npm did not run the install step of the package "node"; running it now to get Node ${wanted}`);
    runOnStderr(process.execPath, ['installArchSpecificPackage.js'], join(modules, 'node'));
  }
  const found = existsSync(runtime) ? versionOf(runtime) : null;
  if (found !== wanted) {
    const state = found === null ? 'does not run' : `is Node ${found}`;
    throw new SetupError(
      `this project runs on Node ${wanted}, but ${runtime} ${state}.\n` +
        `Remove node_modules and run "npm ci" with install scripts allowed for the package "node" ` +
        `(npm config get ignore-scripts must be false).`,
    );
  }
  return runtime;
}

/**
 * The environment of scripts: the pinned runtime and the project's tools come first on the path. Compiled code is kept
 * between starts, because reading some 200 TypeScript files takes a second of CPU otherwise, in every process.
 */
export function scriptEnvironment() {
  const path = [dirname(runtime), join(modules, '.bin'), process.env.PATH ?? ''].join(delimiter);
  return { NODE_COMPILE_CACHE: join(modules, '.cache', 'compile'), ...process.env, PATH: path };
}

/** Ends this process as its child ended: same exit code, same signal as a shell would report it. */
function endLike(code, signal) {
  process.exit(signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0));
}

/**
 * Runs `script` (absolute path) with `args` under the pinned runtime: in place of this process where the running Node can
 * do that, else in a child that gets our signals and gives us its exit code.
 */
export function execScript(script, args) {
  const env = scriptEnvironment();
  // From Node 22.15 on. Streams of this process have nothing waiting: all that it says is written synchronously.
  if (!windows && typeof process.execve === 'function') {
    process.removeAllListeners('warning');
    process.on('warning', () => undefined);
    process.execve(runtime, [runtime, script, ...args], env);
  }
  const child = spawn(runtime, [script, ...args], { stdio: 'inherit', env });
  // Ctrl-C at a terminal reaches the child by itself (same process group), and a second one would mean "at once".
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    say(`cannot start ${runtime}: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', endLike);
}

/** Runs `main`; a SetupError is printed as a sentence and ends with exit code 1. */
export async function withSetupErrors(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}
