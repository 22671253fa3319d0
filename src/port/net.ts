// Byte streams over TCP and TLS as the programs see them. Implemented by host/ and sim/.

/** What is known of the other end when a connection is handed over: after PROXY header and TLS handshake. */
export interface ConnectionFacts {
  /** The client's address: from the PROXY header on listeners that demand one, else the socket's. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly tls: boolean;
  /** SHA-256 fingerprint (hex, lower case, no colons) of the verified client certificate, if one was given. */
  readonly certificateFingerprint: string | null;
}

export type CloseReason =
  | { readonly code: 'ended' } // the peer closed
  | { readonly code: 'closed' } // we closed
  | { readonly code: 'refused'; readonly detail: string } // the connection never stood
  | { readonly code: 'broken'; readonly detail: string }; // reset, timeout, TLS failure

export interface ConnectionHandler {
  /** Called once, before anything else, on a connection that we opened. Not called for accepted ones. */
  opened(): void;
  /** `bytes` is only valid during the call. */
  bytes(bytes: Buffer): void;
  /** Everything written so far has been taken by the operating system. */
  drained(): void;
  /** Called exactly once; nothing follows. */
  closed(reason: CloseReason): void;
}

export interface Connection {
  readonly facts: ConnectionFacts;
  /** Set before the turn of hand-over ends. */
  handler: ConnectionHandler;
  /** Takes a copy of `bytes`. False: more than the high-water mark is waiting; go on after `drained`. */
  write(bytes: Buffer): boolean;
  /** Bytes written and not yet taken by the operating system. */
  readonly waitingBytes: number;
  /** Stops and restarts reading; the peer feels it as TCP back-pressure. */
  pause(): void;
  resume(): void;
  /** Sends what is waiting, then closes. */
  end(): void;
  /** Closes now and throws away what is waiting. */
  destroy(): void;
}

export interface TlsServerOptions {
  /** PEM texts. */
  readonly certificate: string;
  readonly key: string;
  /** PEM of the authorities that sign client certificates; null: none are asked for. */
  readonly clientAuthorities: string | null;
  readonly requireClientCertificate: boolean;
}

export interface ListenOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly tls: TlsServerOptions | null;
  /** Addresses (or CIDR blocks) of proxies that must send a PROXY v1/v2 header; null: no PROXY protocol here. */
  readonly proxies: readonly string[] | null;
  /** Connections from one address and in total; beyond it they are closed at once. */
  readonly maxConnectionsPerAddress: number;
  readonly maxConnections: number;
}

/** TLS towards a server: PEM texts; null: the system's authorities, no certificate of our own. */
export interface TlsClientOptions {
  /** Name in the server's certificate. */
  readonly serverName: string;
  readonly authorities: string | null;
  readonly certificate: string | null;
  readonly key: string | null;
  readonly verify: boolean;
}

export interface ConnectOptions {
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
  readonly tls: TlsClientOptions | null;
}

export interface Listener {
  readonly port: number;
  /** New certificates for connections to come; those that stand are not touched. */
  renewTls(options: TlsServerOptions): void;
  close(): Promise<void>;
}

export interface Net {
  listen(options: ListenOptions, accept: (connection: Connection) => void): Promise<Listener>;
  /** Returns at once; `opened` or `closed` follows. */
  connect(options: ConnectOptions, handler: ConnectionHandler): Connection;
}
