// What a gateway is told at start and at reload: plain values, already validated and with secrets resolved (main/gatewayConfig.ts).
import type { TlsClientOptions, TlsServerOptions } from '../port/net.ts';

/** When money leaves the hold (design §5.5). */
export type ChargeOn = 'accepted' | 'submission' | 'delivered';

export type LaneName = 'pin' | 'normal' | 'bulk';

export interface AccountConfig {
  readonly name: string;
  readonly enabled: boolean;
  /** SMPP credentials; null: no SMPP for this account. `passwordHash` as port/crypto.hashPassword makes it. */
  readonly smpp: { readonly systemId: string; readonly passwordHash: string } | null;
  /** Where an ESME of this account waits to be told that receipts are here; null: nowhere. */
  readonly outbind: {
    readonly host: string;
    readonly port: number;
    readonly systemId: string;
    readonly password: string;
  } | null;
  /** SHA-256 (hex) of each API key. */
  readonly apiKeyHashes: readonly string[];
  /** Certificate fingerprints that this account's TLS clients must show; empty: none needed. */
  readonly certificateFingerprints: readonly string[];
  /** Addresses or CIDR blocks it may come from; empty: any. */
  readonly allowedAddresses: readonly string[];
  /** Sender patterns (`*` and `?`); empty: any. */
  readonly allowedSenders: readonly string[];
  readonly maxBinds: number;
  readonly window: number;
  /** Segments per second over all binds and HTTP; 0: no limit. */
  readonly throughput: number;
  readonly maxSegments: number;
  readonly priceList: string;
  readonly currency: string;
  /** Prepaid: 0. Postpaid: how far below zero the balance may go, in micro-units. */
  readonly creditLimit: number;
  readonly chargeOn: ChargeOn;
  readonly lane: LaneName;
  readonly defaultValidityMs: number;
  readonly graceMs: number;
  /** What to do with an unknown outcome: wait for receipt or deadline, or send again marked as possible duplicate. */
  readonly onUnknown: 'wait' | 'retry';
  /** National prefix handling for destinations written without country code; null: E.164 expected. */
  readonly nationalPrefix: { readonly trunk: string; readonly country: string } | null;
  readonly messageIdFormat: 'opaque' | 'hex' | 'dec';
  /** TON/NPI-less data_coding 0 of this account's binds. */
  readonly defaultAlphabet: 'gsm7' | 'gsm7-packed' | 'latin1' | 'ascii';
  /** National language identifiers (TS 23.038 §6.2.1.2.4) that may be used for encoding; empty: none. */
  readonly languages: readonly number[];
  readonly binary: boolean;
  /** Answer bind failures with 0x0E/0x0F, no credit with this status, times in 12 characters. */
  readonly legacyBindStatus: boolean;
  readonly noCreditStatus: number;
  readonly lenientTimes: boolean;
  readonly webhook: { readonly url: string; readonly secret: string } | null;
  /** Opt-in: same user_message_reference and destination within this time is the same message; 0: off. */
  readonly duplicateWindowMs: number;
  readonly purpose: string;
  /** Other purposes that a message of this account may name. */
  readonly purposes: readonly string[];
}

export interface PriceListConfig {
  readonly name: string;
  readonly currency: string;
  /** Digits of the destination's beginning → price per segment in micro-units. */
  readonly prices: readonly { readonly prefix: string; readonly price: number }[];
}

export interface LinkConfig {
  readonly name: string;
  /** Orders in flight per lane class. */
  readonly window: number;
  /** Which parts of a long message the supplier sends receipts for. */
  readonly receiptParts: 'all' | 'first' | 'last';
}

export interface RouteConfig {
  readonly name: string;
  readonly prefix: string;
  readonly account: string | null;
  readonly sender: string | null;
  readonly links: readonly { readonly link: string; readonly weight: number }[];
  readonly mode: 'ordered' | 'weighted';
}

export interface MoRouteConfig {
  /** Destination number (short code or long number) as the supplier writes it; `*` at the end allowed. */
  readonly number: string;
  /** First word, upper case; null: any. */
  readonly keyword: string | null;
  readonly account: string;
}

export interface SmppListenerConfig {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsServerOptions | null;
  readonly proxies: readonly string[] | null;
}

export interface GatewayConfig {
  readonly name: string;
  readonly systemId: string;
  readonly slot: number;
  readonly smpp: readonly SmppListenerConfig[];
  readonly http: {
    readonly host: string;
    readonly port: number;
    readonly tls: { readonly certificate: string; readonly key: string } | null;
  } | null;
  /** SHA-256 (hex) of the admin keys. */
  readonly adminKeyHashes: readonly string[];
  readonly guard: {
    readonly host: string;
    readonly port: number;
    readonly upstream: string;
    readonly password: string;
    readonly tokenSecret: Buffer;
    readonly tls: TlsClientOptions | null;
    /** Longer than the guard's queue limit and its links' response timers together. */
    readonly responseTimerMs: number;
  };
  readonly links: readonly LinkConfig[];
  readonly accounts: readonly AccountConfig[];
  readonly priceLists: readonly PriceListConfig[];
  readonly routes: readonly RouteConfig[];
  readonly moRoutes: readonly MoRouteConfig[];
  readonly webhookAllowedHosts: readonly string[];
  readonly historyDays: number;
  readonly maxMessages: number;
  /** Of open messages, in memory or in pages outside. */
  readonly maxMemoryBytes: number;
  /** What of it may be in memory. */
  readonly residentBytes: number;
  /** Of one page; a letter must fit into it. */
  readonly pageBytes: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
}
