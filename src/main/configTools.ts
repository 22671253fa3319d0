// What gateway.yaml and guard.yaml share: reading the file, secrets by reference, and faults told all at once, each with
// its path and what would be right.
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import type { ConfigFault } from '../base/result.ts';
import { parseAddress } from '../numbering/cidr.ts';
import type { TlsServerOptions } from '../port/net.ts';
import { faultsOf } from './configFaults.ts';

/** Where a configuration comes from: the file's folder for relative paths, and the environment for secrets. */
export interface ConfigSource {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A secret stands in the environment or in a file of its own, never in the configuration. */
export const secretRef = z.union(
  [z.strictObject({ env: z.string().min(1) }), z.strictObject({ file: z.string().min(1) })],
  'must be a reference, { file: PATH } or { env: NAME }: secrets do not stand in the configuration',
);
export type SecretRef = z.infer<typeof secretRef>;

/** `host:port`, IPv6 in brackets. */
export const endpoint = z
  .string()
  .regex(/^(\[[0-9a-fA-F:.]+\]|[^:[\]]+):[0-9]{1,5}$/, 'must be host:port, for example 127.0.0.1:2775')
  .transform((text) => {
    const at = text.lastIndexOf(':');
    return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) };
  })
  .refine((value) => value.port <= 65_535, 'the port must be 0 to 65535');

/** An address or a block of them: `192.0.2.7`, `10.0.0.0/8`, `2001:db8::/32`. */
export const addressBlock = z
  .string()
  .refine(isBlock, 'must be an address or a block such as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32');

function isBlock(text: string): boolean {
  const [address = '', length, more] = text.split('/');
  const octets = parseAddress(address);
  if (octets === null || more !== undefined) return false;
  return length === undefined || (/^[0-9]{1,3}$/.test(length) && Number(length) <= octets.length * 8);
}

/** `30s`, `10m`, `48h`, `7d`, `250ms`, or milliseconds as a number. */
export const duration = z.union([
  z.number().int().min(0),
  z
    .string()
    .regex(/^[0-9]+(ms|s|m|h|d)$/, 'must be a duration such as 250ms, 30s, 10m, 48h or 7d')
    .transform((text) => {
      const [, digits, unit] = /^([0-9]+)(ms|s|m|h|d)$/.exec(text) as RegExpExecArray;
      const factors: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
      return Number(digits) * (factors[unit as string] as number);
    }),
]);

/** `512MB`, `2GB` or octets as a number. */
export const octets = z.union([
  z.number().int().min(0),
  z
    .string()
    .regex(/^[0-9]+(KB|MB|GB)$/, 'must be a size such as 512MB or 2GB')
    .transform((text) => {
      const factors: Record<string, number> = { KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30 };
      return Number(text.slice(0, -2)) * (factors[text.slice(-2)] as number);
    }),
]);

/** Money as a decimal string, at most 6 places, in micro-units. */
export const money = z
  .union([z.string(), z.number()])
  .transform((value) => String(value))
  .refine(
    (text) => /^[0-9]{1,9}(\.[0-9]{1,6})?$/.test(text),
    'must be an amount such as "0.0450" with at most 6 decimal places',
  )
  .transform(microUnits);

/** "0.0450" → 45000. The text has been checked. */
export function microUnits(text: string): number {
  const [whole, fraction = ''] = text.split('.');
  return Number(whole) * 1_000_000 + Number(fraction.padEnd(6, '0'));
}

/** Why a file could not be read, in words with the system's code. */
export function unreadable(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return 'there is no such file (ENOENT)';
    case 'EACCES':
      return 'not permitted (EACCES)';
    case 'EISDIR':
      return 'it is a folder (EISDIR)';
    default:
      return code ?? 'error';
  }
}

/** Collects faults of one file; `secret` and `file` note what cannot be read instead of throwing. */
export class Faults {
  readonly list: ConfigFault[] = [];
  readonly source: ConfigSource;

  constructor(source: ConfigSource) {
    this.source = source;
  }

  add(path: string, message: string): void {
    this.list.push({ path, message });
  }

  /** The secret's octets without a final line end; empty, and a fault, when it cannot be had. */
  secret(path: string, ref: SecretRef): string {
    if ('env' in ref) {
      const value = this.source.environment[ref.env];
      if (value === undefined || value === '') {
        this.add(path, `environment variable ${ref.env} is not set; set it before the start, or use {file: PATH}`);
        return '';
      }
      return value;
    }
    const text = this.file(path, ref.file).replace(/\r?\n$/, '');
    if (text === '') this.add(path, `file ${ref.file} is empty; it must hold the secret in one line`);
    else if (/[\r\n]/.test(text)) this.add(path, `file ${ref.file} has several lines; it must hold the secret in one`);
    return text;
  }

  file(path: string, name: string): string {
    const full = this.resolve(name);
    try {
      return readFileSync(full, 'utf8');
    } catch (error) {
      this.add(path, `cannot read ${name}: ${unreadable(error)}; relative paths start at the configuration's folder`);
      return ' ';
    }
  }

  resolve(name: string): string {
    return isAbsolute(name) ? name : join(this.source.folder, name);
  }
}

/** The `tls` group of a listener, with its files read. */
export function serverTls(
  faults: Faults,
  path: string,
  tls:
    | {
        readonly certificate: string;
        readonly key: string;
        readonly client_authorities?: string | undefined;
        readonly require_client_certificate: boolean;
      }
    | undefined,
): TlsServerOptions | null {
  if (tls === undefined) return null;
  const authorities = tls.client_authorities;
  return {
    certificate: faults.file(`${path}.certificate`, tls.certificate),
    key: faults.file(`${path}.key`, tls.key),
    clientAuthorities: authorities === undefined ? null : faults.file(`${path}.client_authorities`, authorities),
    requireClientCertificate: tls.require_client_certificate,
  };
}

/** Reads a YAML file against a schema: the value, or every fault of the schema; and what stands there, for checks across settings. */
export function readYaml<S extends z.ZodType>(
  path: string,
  schema: S,
  environment: ConfigSource['environment'],
): { readonly value: z.infer<S> | null; readonly raw: unknown; readonly faults: Faults } {
  const faults = new Faults({ folder: dirname(path), environment });
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    faults.add('', `cannot read ${path}: ${unreadable(error)}`);
    return { value: null, raw: undefined, faults };
  }
  const document = parseDocument(text, { prettyErrors: true });
  for (const error of document.errors) faults.add('', `not YAML: ${error.message.split('\n')[0]?.replace(/:$/, '')}`);
  if (document.errors.length > 0) return { value: null, raw: undefined, faults };
  let raw: unknown;
  try {
    raw = document.toJS() ?? {};
  } catch (error) {
    // Aliases are resolved only here: one without an anchor, or one that would unfold without end.
    faults.add('', `not YAML: ${(error as Error).message}`);
    return { value: null, raw: undefined, faults };
  }
  const parsed = schema.safeParse(raw);
  if (parsed.success) return { value: parsed.data, raw, faults };
  for (const fault of faultsOf(parsed.error, schema)) faults.add(fault.path, fault.message);
  return { value: null, raw, faults };
}
