// The CLI as a client: where the gateway's API and the guard's admin are and with which key, read from the configuration or
// from options, and requests whose failures are sentences with an exit code.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError, Exit } from './cliTools.ts';
import { type Faults, readYaml, type SecretRef } from './configTools.ts';
import { gatewaySchema } from './gatewaySchema.ts';
import { guardSchema } from './guardSchema.ts';

export interface ClientValues {
  readonly config?: string | undefined;
  readonly url?: string | undefined;
  readonly key?: string | undefined;
}

/** Path of one of the two files: `-c` names the folder or the file. */
export function configPath(config: string | undefined, name: 'gateway.yaml' | 'guard.yaml'): string {
  const place = config ?? process.env['GLASPOST_CONFIG'] ?? '.';
  return existsSync(place) && statSync(place).isFile() ? place : join(place, name);
}

/** Who asks: an administrator, or an account by its name (null: the first one with a key). */
export type Asker = { readonly kind: 'admin' } | { readonly kind: 'account'; readonly name: string | null };

/** Asks the gateway's API. */
export function gatewayClient(values: ClientValues, asker: Asker): Client {
  const url = values.url ?? (values.config === undefined ? process.env['GLASPOST_URL'] : undefined);
  const key = values.key ?? (values.config === undefined ? process.env['GLASPOST_KEY'] : undefined);
  if (url !== undefined && key !== undefined) return new Client(url, key, 'gateway');
  const path = configPath(values.config, 'gateway.yaml');
  const { value, faults } = readYaml(path, gatewaySchema, process.env);
  if (value === null) throw cannotRead(path, faults);
  const { http } = value;
  if (url === undefined && http === undefined)
    throw new CommandError(`${path} has no http section; give --url`, Exit.usage);
  const base =
    url ??
    `${http?.tls === undefined ? 'http' : 'https'}://${reachable(http?.listen.host ?? '', http?.listen.port ?? 0)}`;
  if (key !== undefined) return new Client(base, key, 'gateway');
  if (asker.kind === 'admin')
    return new Client(base, firstSecret(faults, path, 'admin.keys', value.admin?.keys ?? []), 'gateway');
  const account = value.accounts.find((one) =>
    asker.name === null ? one.api_keys.some((ref) => !('sha256' in ref)) : one.name === asker.name,
  );
  if (account === undefined) {
    const wanted = asker.name === null ? 'an account with an API key' : `an account "${asker.name}"`;
    throw new CommandError(`${path} has not ${wanted}; give --key`, Exit.usage);
  }
  return new Client(
    base,
    firstSecret(faults, path, `api_keys of account ${account.name}`, account.api_keys),
    'gateway',
  );
}

/** Asks the guard's admin. */
export function guardClient(values: ClientValues): Client {
  if (values.url !== undefined && values.key !== undefined) return new Client(values.url, values.key, 'guard');
  const path = configPath(values.config, 'guard.yaml');
  const { value, faults } = readYaml(path, guardSchema, process.env);
  if (value === null) throw cannotRead(path, faults);
  if (value.admin === undefined)
    throw new CommandError(`${path} has no admin section: links cannot be ordered about from outside`, Exit.usage);
  const { host, port } = value.admin.listen;
  const token = values.key ?? firstSecret(faults, path, 'admin.token', [value.admin.token]);
  return new Client(values.url ?? `http://${reachable(host, port)}`, token, 'guard');
}

/** The first key that is not only a hash. */
function firstSecret(
  faults: Faults,
  path: string,
  setting: string,
  refs: readonly (SecretRef | { readonly sha256: string })[],
): string {
  const ref = refs.find((one): one is SecretRef => !('sha256' in one));
  if (ref === undefined)
    throw new CommandError(`${path}: ${setting} names no key that can be read (a hash cannot); give --key`, Exit.usage);
  const secret = faults.secret(setting, ref);
  if (faults.list.length > 0) throw cannotRead(path, faults);
  return secret;
}

function cannotRead(path: string, faults: Faults): CommandError {
  const lines = faults.list.map((one) => `  ${one.path === '' ? '(file)' : one.path}: ${one.message}`);
  return new CommandError(`${path}:\n${lines.join('\n')}\nGive -c DIR, or --url and --key`, Exit.usage);
}

/** Listening on every address means: reachable on this machine's own. */
function reachable(host: string, port: number): string {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `${name.includes(':') ? `[${name}]` : name}:${port}`;
}

interface Problem {
  readonly title?: string;
  readonly detail?: string;
  readonly code?: string;
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
}

export interface Reply {
  readonly status: number;
  readonly json: unknown;
}

export class Client {
  readonly base: string;
  readonly #key: string;
  readonly #what: 'gateway' | 'guard';

  constructor(base: string, key: string, what: 'gateway' | 'guard') {
    this.base = base.replace(/\/+$/, '');
    this.#key = key;
    this.#what = what;
  }

  /** A request whose answer is JSON. What is no success ends the command. */
  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: { readonly [name: string]: string } = {},
  ): Promise<Reply> {
    const response = await this.open(method, path, body, headers);
    return { status: response.status, json: await response.json() };
  }

  /** As `call`, with the answer unread. */
  async open(
    method: string,
    path: string,
    body?: unknown,
    headers: { readonly [name: string]: string } = {},
  ): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(this.base + path, {
        method,
        headers: {
          authorization: `Bearer ${this.#key}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      const cause = (error as { cause?: { code?: string; message?: string } }).cause;
      const why = cause?.code ?? cause?.message ?? (error as Error).message;
      throw new CommandError(
        `cannot reach the ${this.#what} at ${this.base} (${why}); does "glaspost up" run?`,
        Exit.noConnection,
      );
    }
    if (response.ok) return response;
    throw await refusal(response, this.#what);
  }
}

async function refusal(response: Response, what: string): Promise<CommandError> {
  const text = await response.text();
  let problem: Problem = {};
  try {
    problem = JSON.parse(text) as Problem;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    problem = { title: `HTTP ${response.status}` };
  }
  // Where faults are listed, the detail is the first of them.
  const errors = problem.errors ?? [];
  const said = errors.length > 0 ? [problem.title] : [problem.title, problem.detail];
  const lines = [said.filter(Boolean).join(': ') || `HTTP ${response.status}`];
  for (const one of errors) lines.push(`  ${one.pointer}: ${one.message}`);
  const denied = response.status === 401 || response.status === 403;
  return new CommandError(
    `the ${what} refused (${problem.code ?? response.status}): ${lines.join('\n')}`,
    denied ? Exit.denied : Exit.failed,
  );
}
