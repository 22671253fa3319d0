// What a guard is told at start and at reload: plain values, already validated and with secrets resolved (main/guardConfig.ts).
import type { TlsClientOptions, TlsServerOptions } from '../port/net.ts';
import type { BindMode } from '../session/types.ts';
import type { DefaultAlphabet } from '../sms/alphabet.ts';
import type { IdBase } from '../sms/messageId.ts';

/** A Glaspost gateway: orders carry tokens; one bind per link and lane class, system_id `NAME/LINK`, system_type `pin` or `bulk`. */
export interface TokenUpstream {
  readonly mode: 'token';
  readonly name: string;
  readonly password: string;
  readonly tokenSecret: Buffer;
  /** Links it may use; empty: all. */
  readonly links: readonly string[];
  /** Addresses and blocks of them (numbering/cidr.ts); empty: anywhere. */
  readonly allowedAddresses: readonly string[];
  readonly maxBinds: number;
  readonly window: number;
}

/** Any other SMS gateway: link, account and senders are fixed by its system_id. */
export interface BindUpstream {
  readonly mode: 'bind';
  readonly name: string;
  readonly systemId: string;
  readonly password: string;
  readonly link: string;
  readonly account: string;
  /** Exact senders, or patterns with `*` and `?`; empty: none is allowed. */
  readonly allowedSenders: readonly string[];
  readonly purpose: string;
  readonly lane: number;
  readonly defaultValidityMs: number;
  /** After the validity: how long a receipt is awaited before the state is UNKNOWN; below OP_KEPT_MS. */
  readonly graceMs: number;
  /** What this gateway means by data_coding 0. */
  readonly defaultAlphabet: DefaultAlphabet;
  readonly allowedAddresses: readonly string[];
  readonly maxBinds: number;
  readonly window: number;
}

export type UpstreamConfig = TokenUpstream | BindUpstream;

/** Type of number and numbering plan as a supplier wants them for one kind of sender. */
export interface TonNpi {
  readonly ton: number;
  readonly npi: number;
}

export interface DialectConfig {
  /** How the supplier writes ids in answers to submits and in receipts. */
  readonly respBase: IdBase;
  readonly receiptBase: IdBase;
  readonly receiptTimeZoneMinutes: number;
  /** A deliver_sm with esm_class 0 whose text or TLVs are those of a receipt is one. */
  readonly receiptWithoutEsmClass: boolean;
  readonly receiptLayout: 'labels' | 'csv';
  /** What the supplier means by data_coding 0. */
  readonly defaultAlphabet: DefaultAlphabet;
  /** Receipt error text → the text that goes up; unmapped ones go up as they are. */
  readonly errorTable: ReadonlyMap<string, string>;
  /** command_status of a submit → verdict instead of the standard's. */
  readonly statusOverrides: ReadonlyMap<number, 'permanent' | 'thisRoute' | 'retryLater'>;
  /** ACCEPTD ends a message. */
  readonly acceptedIsFinal: boolean;
  readonly alphanumeric: TonNpi;
  readonly shortCode: TonNpi;
  readonly international: TonNpi;
  /** Sender as ordered → sender as this supplier must see it; `*` for any. */
  readonly senderRewrites: ReadonlyMap<string, string>;
  readonly serviceType: string;
  /** esm_class 03/43 instead of 00/40. */
  readonly storeAndForwardBits: boolean;
  /** A declared binary contract: data_coding 4. */
  readonly binary: boolean;
}

export interface LinkConfig {
  readonly name: string;
  readonly supplier: { readonly name: string; readonly jurisdiction: string };
  readonly host: string;
  readonly port: number;
  readonly tls: TlsClientOptions | null;
  readonly systemId: string;
  readonly password: string;
  readonly systemType: string;
  readonly addressRange: string;
  /** One entry per connection. */
  readonly modes: readonly BindMode[];
  readonly window: number;
  /** Segments per second over all binds. */
  readonly throttlePerSecond: number;
  readonly enquireLinkMs: number;
  readonly responseTimerMs: number;
  readonly connectTimeoutMs: number;
  readonly version: number;
  readonly tlv: 'always' | 'letter' | 'never';
  readonly dialect: DialectConfig;
  /** Committed with each operation, e.g. "CHF 0.0410"; empty: not told. */
  readonly cost: string;
  /** Upstream that gets this link's mobile-originated messages; null: they are refused. */
  readonly moUpstream: string | null;
}

export interface GuardListenerConfig {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsServerOptions | null;
  readonly proxies: readonly string[] | null;
}

export interface GuardConfig {
  readonly name: string;
  readonly slot: number;
  readonly listen: readonly GuardListenerConfig[];
  readonly admin: { readonly host: string; readonly port: number; readonly token: string } | null;
  readonly upstreams: readonly UpstreamConfig[];
  readonly links: readonly LinkConfig[];
  /** SHA-256 of the configuration file's octets: stands in START. */
  readonly configHash: Buffer;
  /** Orders and correlations held in memory; older ones are found on disk. */
  readonly maxOpsInMemory: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
}

/** A dialect by the letter of the standard. */
export const PLAIN_DIALECT: DialectConfig = Object.freeze({
  respBase: 'text',
  receiptBase: 'text',
  receiptTimeZoneMinutes: 0,
  receiptWithoutEsmClass: false,
  receiptLayout: 'labels',
  defaultAlphabet: 'gsm7',
  errorTable: new Map<string, string>(),
  statusOverrides: new Map<number, 'permanent' | 'thisRoute' | 'retryLater'>(),
  acceptedIsFinal: false,
  alphanumeric: Object.freeze({ ton: 5, npi: 0 }),
  shortCode: Object.freeze({ ton: 0, npi: 0 }),
  international: Object.freeze({ ton: 1, npi: 1 }),
  senderRewrites: new Map<string, string>(),
  serviceType: '',
  storeAndForwardBits: false,
  binary: false,
} as const);

/** A link that only the journal knows any more: nothing leaves over it. */
export function formerLink(name: string): LinkConfig {
  return {
    name,
    supplier: { name: '', jurisdiction: '' },
    host: '',
    port: 0,
    tls: null,
    systemId: '',
    password: '',
    systemType: '',
    addressRange: '',
    modes: [],
    window: 1,
    throttlePerSecond: 1,
    enquireLinkMs: 30_000,
    responseTimerMs: 30_000,
    connectTimeoutMs: 10_000,
    version: 0x34,
    tlv: 'letter',
    dialect: PLAIN_DIALECT,
    cost: '',
    moUpstream: null,
  };
}
