// How a customer's SMPP client is set up. Values only.
import type { SmppClientOptions } from '../driver/types.ts';
import { defaultTimers } from '../session/defaults.ts';
import { PASSWORD } from './configs.ts';
import type { Manner } from './requests.ts';

export function clientOptions(
  { host, port, systemId }: Pick<Manner, 'host' | 'port' | 'systemId'>,
  { version, window }: { readonly version: number; readonly window: number },
  modes: SmppClientOptions['modes'],
): SmppClientOptions {
  return {
    connect: { host, port, connectTimeoutMs: 5000, tls: null },
    peer: {
      emission: 'direct',
      interfaceVersion: version,
      window,
      inboundWindow: 100,
      timers: { ...defaultTimers, responseMs: 20_000, enquireLinkMs: 15_000 },
      maxPduBytes: 70_000,
      tlv: 'always',
    },
    bind: { systemId, password: PASSWORD, systemType: '', addrTon: 0, addrNpi: 0, addressRange: '' },
    modes,
    reconnectMinMs: 500,
    reconnectMaxMs: 5000,
    refusedMinMs: 1000,
    refusedMaxMs: 5000,
  };
}
