// What `glaspost operator` is told, by flags and by a YAML file (flags win), turned into an OperatorConfig. Every fault
// at once, each with the name of its setting.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { ConfigFault } from '../base/result.ts';
import { defaultConfig, type OperatorAccount, type OperatorConfig } from '../operator/config.ts';
import { faultNames, faults as faultTable } from '../operator/faults.ts';
import { applySettings, behaviourNames } from '../operator/spec.ts';
import { endpoint, Faults, readYaml, secretRef, unreadable } from './configTools.ts';

export const operatorHelp = `glaspost operator: a simulated mobile operator that speaks real SMPP 3.4, well or badly

  glaspost operator --system-id op --password-env OPERATOR_PASSWORD
  glaspost operator --config operator.yaml --misbehave lies=0.01,never-answers=0.001

Where it listens
  --host HOST               address for SMPP and HTTP                    (${defaultConfig.host})
  --port PORT               SMPP port, 0 for any free one                (${defaultConfig.port})
  --http-port PORT|none     handsets, status, MO, settings: GET / tells  (${defaultConfig.http?.port})
  --tls-certificate FILE --tls-key FILE [--tls-client-authorities FILE]

Who may bind (several accounts: in the file, under accounts:)
  --system-id ID            the account's system_id
  --password-env NAME       the environment variable that holds its password (--password-file FILE likewise)
  --throttle N              submits per second over all its binds; more are answered 0x58   (0: no limit)
  --window N                unanswered submits per connection; more are answered 0x58      (0: no limit)
  --max-binds N             (100)

How it behaves (also while it runs: PATCH /settings)
  --latency DELAY           submit → response        (5-20ms)
  --receipt-delay DELAY     submit → receipt         (1s)
  --statuses LIST           command_status by weight (0), e.g. 0=98,0x58=1,0x14=1
  --receipts LIST           final states by weight   (DELIVRD), e.g. DELIVRD=95,UNDELIV=3,EXPIRED=1,REJECTD=1
  --misbehave LIST          names with rates from 0 to 1, see below
  --slow-accept DURATION    for accepts-slowly (5s)
  --slow-read BYTES         for reads-slowly, per second (2000)
  --mo-rate N               made-up MO messages per second (0)
  DELAY is 10ms, 5-20ms (uniform) or lognormal:MEDIAN,SIGMA[,MAX].

What it remembers
  --handsets texts|counts   everything received, or a digest of each message for millions of them (texts)
  --handset-log FILE        appends a line per whole message: time, number, digest, parts
  --message-ids hex|dec     how it writes ids        (hex)
  --default-alphabet gsm7|latin1   what data_coding 0 means  (gsm7)
  --seed N                  of its dice              (1)
  --quiet                   nothing on standard output but the first line

Misbehaviours
${faultNames.map((name) => `  ${name.padEnd(31)}${faultTable[name].does} (per ${faultTable[name].per})`).join('\n')}
`;

const count = z.number().int().min(0);
const text = z.union([z.string(), z.number()]).transform(String);
const listOf = z.union([
  z.record(z.string(), z.number()).transform((map) =>
    Object.entries(map)
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
  ),
  text,
]);

const schema = z.strictObject({
  listen: endpoint.optional(),
  http: z.union([endpoint, z.literal('none')]).optional(),
  tls: z
    .strictObject({ certificate: z.string(), key: z.string(), client_authorities: z.string().optional() })
    .optional(),
  accounts: z
    .array(
      z.strictObject({
        system_id: z.string().min(1).max(15),
        password: secretRef,
        throttle: count.default(0),
        window: count.default(0),
        max_binds: count.default(100),
      }),
    )
    .optional(),
  behaviour: z.partialRecord(z.enum(behaviourNames as [string, ...string[]]), listOf).optional(),
  handsets: z.enum(['texts', 'counts']).optional(),
  handset_messages: z.number().int().min(1).max(10_000_000).optional(),
  handset_log: z.string().optional(),
  message_ids: z.enum(['hex', 'dec']).optional(),
  default_alphabet: z.enum(['gsm7', 'latin1']).optional(),
  deliver_window: z.number().int().min(1).max(10_000).optional(),
  grain_ms: z.number().int().min(1).max(1000).optional(),
  seed: count.optional(),
});

const text1 = { type: 'string' } as const;
const options = {
  config: text1,
  host: text1,
  port: text1,
  'http-port': text1,
  'tls-certificate': text1,
  'tls-key': text1,
  'tls-client-authorities': text1,
  'system-id': text1,
  'password-env': text1,
  'password-file': text1,
  throttle: text1,
  window: text1,
  'max-binds': text1,
  latency: text1,
  'receipt-delay': text1,
  statuses: text1,
  receipts: text1,
  misbehave: text1,
  'slow-accept': text1,
  'slow-read': text1,
  'mo-rate': text1,
  handsets: text1,
  'handset-log': text1,
  'message-ids': text1,
  'default-alphabet': text1,
  seed: text1,
  quiet: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

export interface OperatorStart {
  readonly config: OperatorConfig;
  readonly handsetLog: string | null;
  readonly quiet: boolean;
}

export type OperatorArguments =
  | { readonly kind: 'help' }
  | { readonly kind: 'faults'; readonly faults: readonly ConfigFault[] }
  | { readonly kind: 'start'; readonly start: OperatorStart };

/** Reads flags, the file they name, and the secrets that these refer to. */
export function readOperatorArguments(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): OperatorArguments {
  let flags: ReturnType<typeof parse>;
  try {
    flags = parse(args);
  } catch (error) {
    return {
      kind: 'faults',
      faults: [
        { path: '', message: `${error instanceof Error ? error.message : String(error)}; --help lists all flags` },
      ],
    };
  }
  if (flags.help === true) return { kind: 'help' };
  const read = flags.config === undefined ? null : readYaml(flags.config, schema, environment);
  const faults = read?.faults ?? new Faults({ folder: '.', environment });
  const file = read?.value ?? {};
  const number = (
    name: 'port' | 'throttle' | 'window' | 'max-binds' | 'seed',
    fallback: number,
    max: number,
  ): number => {
    const value = flags[name];
    if (value === undefined) return fallback;
    if (/^[0-9]{1,9}$/.test(value) && Number(value) <= max) return Number(value);
    faults.add(`--${name}`, `"${value}" must be a whole number from 0 to ${max}`);
    return fallback;
  };
  const choice = <T extends string>(
    name: 'handsets' | 'message-ids' | 'default-alphabet',
    allowed: readonly T[],
    fallback: T,
  ): T => {
    const value = flags[name];
    const known = value === undefined ? fallback : allowed.find((one) => one === value);
    if (known === undefined) faults.add(`--${name}`, `"${value}" must be one of ${allowed.join(', ')}`);
    return known ?? fallback;
  };

  const accounts: OperatorAccount[] = (file.accounts ?? []).map((account, index) => ({
    systemId: account.system_id,
    password: faults.secret(`accounts[${index}].password`, account.password),
    throttle: account.throttle,
    window: account.window,
    maxBinds: account.max_binds,
  }));
  if (flags['system-id'] !== undefined) {
    const ref =
      flags['password-env'] !== undefined
        ? { env: flags['password-env'] }
        : flags['password-file'] !== undefined
          ? { file: flags['password-file'] }
          : null;
    if (ref === null) faults.add('--system-id', 'needs --password-env NAME or --password-file FILE beside it');
    accounts.push({
      systemId: flags['system-id'],
      password: ref === null ? '' : faults.secret('env' in ref ? '--password-env' : '--password-file', ref),
      throttle: number('throttle', 0, 1_000_000),
      window: number('window', 0, 1_000_000),
      maxBinds: number('max-binds', 100, 100_000),
    });
  }
  if (accounts.length === 0 && faults.list.length === 0)
    faults.add('--system-id', 'nobody could bind: give --system-id ID --password-env NAME, or accounts in the file');
  for (const [index, account] of accounts.entries()) {
    if (accounts.findIndex((one) => one.systemId === account.systemId) !== index)
      faults.add('accounts', `system_id "${account.systemId}" stands twice`);
  }

  const settings: { [name: string]: string } = {};
  for (const [name, value] of Object.entries(file.behaviour ?? {})) if (value !== undefined) settings[name] = value;
  for (const name of behaviourNames) {
    const value = (flags as { readonly [name: string]: string | boolean | undefined })[name];
    if (typeof value === 'string') settings[name] = value;
  }
  const behaviour = applySettings(defaultConfig.behaviour, settings);
  if (!behaviour.ok) for (const fault of behaviour.error) faults.add(fault.path, fault.message);

  const host = flags.host ?? file.listen?.host ?? defaultConfig.host;
  const config: OperatorConfig = {
    ...defaultConfig,
    host,
    port: number('port', file.listen?.port ?? defaultConfig.port, 65_535),
    http: httpOf(flags['http-port'], file.http, host, faults),
    tls: tlsOf(flags, file.tls, faults),
    accounts,
    behaviour: behaviour.ok ? behaviour.value : defaultConfig.behaviour,
    handsets: choice('handsets', ['texts', 'counts'], file.handsets ?? defaultConfig.handsets),
    handsetMessages: file.handset_messages ?? defaultConfig.handsetMessages,
    messageIds: choice('message-ids', ['hex', 'dec'], file.message_ids ?? defaultConfig.messageIds),
    defaultAlphabet: choice(
      'default-alphabet',
      ['gsm7', 'latin1'],
      file.default_alphabet ?? defaultConfig.defaultAlphabet,
    ),
    deliverWindow: file.deliver_window ?? defaultConfig.deliverWindow,
    grainMs: file.grain_ms ?? defaultConfig.grainMs,
    seed: number('seed', file.seed ?? defaultConfig.seed, 999_999_999),
  };
  if (faults.list.length > 0) return { kind: 'faults', faults: faults.list };
  const handsetLog = flags['handset-log'] ?? (file.handset_log === undefined ? null : faults.resolve(file.handset_log));
  return { kind: 'start', start: { config, handsetLog, quiet: flags.quiet === true } };
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
}

function httpOf(
  flag: string | undefined,
  file: z.infer<typeof schema>['http'],
  host: string,
  faults: Faults,
): OperatorConfig['http'] {
  if (flag === 'none') return null;
  if (flag !== undefined) {
    if (/^[0-9]{1,5}$/.test(flag) && Number(flag) <= 65_535) return { host, port: Number(flag) };
    faults.add('--http-port', `"${flag}" must be a port from 0 to 65535, or none`);
    return null;
  }
  if (file === 'none') return null;
  return file ?? { host, port: defaultConfig.http?.port ?? 0 };
}

function tlsOf(
  flags: ReturnType<typeof parse>,
  file: z.infer<typeof schema>['tls'],
  faults: Faults,
): OperatorConfig['tls'] {
  const certificate = flags['tls-certificate'] ?? file?.certificate;
  const key = flags['tls-key'] ?? file?.key;
  const authorities = flags['tls-client-authorities'] ?? file?.client_authorities;
  if (certificate === undefined && key === undefined) return null;
  if (certificate === undefined || key === undefined) {
    faults.add('tls', 'needs both a certificate and a key');
    return null;
  }
  const pem = (path: string, from: boolean, name: string): string => {
    if (!from) return faults.file(name, path);
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      faults.add(name, `cannot read ${path}: ${unreadable(error)}`);
      return '';
    }
  };
  return {
    certificate: pem(certificate, flags['tls-certificate'] !== undefined, 'tls.certificate'),
    key: pem(key, flags['tls-key'] !== undefined, 'tls.key'),
    clientAuthorities:
      authorities === undefined
        ? null
        : pem(authorities, flags['tls-client-authorities'] !== undefined, 'tls.client_authorities'),
    requireClientCertificate: authorities !== undefined,
  };
}
