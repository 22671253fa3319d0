// From the configuration to the options of the port for upstreams. A mapping, no decisions.
import { PDU_BYTES_MAX } from '../base/limits.ts';
import type { ConnectionCounts, SmppServerOptions } from '../driver/types.ts';
import { defaultTimers } from '../session/defaults.ts';
import type { GuardConfig, GuardListenerConfig } from './config.ts';

/** Upstreams are few and known: what they send at once is bounded by the links' queues. */
const WINDOW = 1000;
const ACCEPTS_PER_SECOND = 200;

export function serverOptions(
  config: GuardConfig,
  listen: GuardListenerConfig,
  counts: ConnectionCounts,
): SmppServerOptions {
  return {
    listen: {
      host: listen.host,
      port: listen.port,
      tls: listen.tls,
      proxies: listen.proxies,
      maxConnectionsPerAddress: config.maxConnectionsPerAddress,
      maxConnections: config.maxConnections,
    },
    peer: {
      emission: 'direct',
      interfaceVersion: 0x50,
      window: WINDOW,
      inboundWindow: WINDOW,
      timers: defaultTimers,
      maxPduBytes: PDU_BYTES_MAX,
      tlv: 'always',
      lenientTimes: true,
    },
    // The other half is for those who bind.
    maxUnbound: Math.ceil(config.maxConnections / 2),
    acceptsPerSecond: ACCEPTS_PER_SECOND,
    outbinds: false,
    counts,
  };
}
