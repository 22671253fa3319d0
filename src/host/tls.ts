// What TLS means here: versions, client certificates, deadlines (R9), as options for Node; and the facts of a handshake.
import { isIP } from 'node:net';
import type { ConnectionOptions, TLSSocket, TlsOptions } from 'node:tls';
import type { ConnectOptions, TlsServerOptions } from '../port/net.ts';

/** From the first octet to the end of the handshake. */
export const HANDSHAKE_MS = 10_000;

/** TLS 1.2 and 1.3; a client certificate is asked for where authorities are given, and must verify where required. */
export function serverTlsOptions(options: TlsServerOptions): TlsOptions {
  const asks = options.clientAuthorities !== null;
  if (options.requireClientCertificate && !asks)
    throw new Error('client certificates are required but no authorities are given');
  return {
    cert: options.certificate,
    key: options.key,
    minVersion: 'TLSv1.2',
    handshakeTimeout: HANDSHAKE_MS,
    requestCert: asks,
    rejectUnauthorized: options.requireClientCertificate,
    ...(options.clientAuthorities === null ? {} : { ca: options.clientAuthorities }),
  };
}

/** Verification is by `serverName`; an address as such is checked against the certificate's addresses, without SNI (RFC 6066 §3). */
export function clientTlsOptions(
  options: ConnectOptions & { tls: NonNullable<ConnectOptions['tls']> },
): ConnectionOptions {
  const { tls } = options;
  return {
    host: isIP(tls.serverName) === 0 ? options.host : tls.serverName,
    servername: isIP(tls.serverName) === 0 ? tls.serverName : '',
    rejectUnauthorized: tls.verify,
    minVersion: 'TLSv1.2',
    ...(tls.authorities === null ? {} : { ca: tls.authorities }),
    ...(tls.certificate === null ? {} : { cert: tls.certificate }),
    ...(tls.key === null ? {} : { key: tls.key }),
  };
}

/** SHA-256 of the client's certificate if one was given and verified. */
export function certificateFingerprint(socket: TLSSocket): string | null {
  if (!socket.authorized) return null;
  const fingerprint: string | undefined = socket.getPeerCertificate().fingerprint256;
  return fingerprint === undefined ? null : fingerprint.replaceAll(':', '').toLowerCase();
}
