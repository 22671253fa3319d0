// From a link's configuration to the options of its SMPP client. A mapping, no decisions.
import { PDU_BYTES_MAX } from '../base/limits.ts';
import type { SmppClientOptions } from '../driver/types.ts';
import { defaultTimers } from '../session/defaults.ts';
import type { LinkConfig } from './config.ts';

/** R4. */
const RECONNECT_MIN_MS = 1000;
const RECONNECT_MAX_MS = 60_000;
/** 5.0 §2.8.1: about 5 s. */
const CLOSED_PORT_MAX_MS = 5000;
/** R2: suppliers lock accounts that knock too often. */
const REFUSED_MIN_MS = 60_000;
const REFUSED_MAX_MS = 900_000;
/** Receipts that wait for their commit: more than any supplier sends within one. */
const INBOUND_WINDOW = 1000;

export function linkClientOptions(config: LinkConfig): SmppClientOptions {
  return {
    connect: { host: config.host, port: config.port, connectTimeoutMs: config.connectTimeoutMs, tls: config.tls },
    bind: {
      systemId: config.systemId,
      password: config.password,
      systemType: config.systemType,
      addrTon: 0,
      addrNpi: 0,
      addressRange: config.addressRange,
    },
    modes: config.modes,
    reconnectMinMs: RECONNECT_MIN_MS,
    reconnectMaxMs: RECONNECT_MAX_MS,
    closedPortMaxMs: CLOSED_PORT_MAX_MS,
    refusedMinMs: REFUSED_MIN_MS,
    refusedMaxMs: REFUSED_MAX_MS,
    peer: {
      emission: 'asked',
      interfaceVersion: config.version,
      window: config.window,
      inboundWindow: INBOUND_WINDOW,
      timers: { ...defaultTimers, enquireLinkMs: config.enquireLinkMs, responseMs: config.responseTimerMs },
      maxPduBytes: PDU_BYTES_MAX,
      tlv: config.tlv,
      lenientTimes: true,
    },
  };
}
