// A message centre and an ESME joined by a pipe whose clock the test moves.
import assert from 'node:assert/strict';
import { SmppClient } from '../../src/driver/smppClient.ts';
import { listenSmpp } from '../../src/driver/smppServer.ts';
import type { PeerOptions, SmppPeer, SmppServer } from '../../src/driver/types.ts';
import { bindFields, Owner, peerOptions } from './owner.ts';
import { manualWorld } from './world.ts';

export const SM = {
  sourceAddrTon: 5,
  sourceAddr: 'INFO',
  destAddrTon: 1,
  destAddrNpi: 1,
  destinationAddr: '491700000001',
};

export interface Pair {
  readonly world: ReturnType<typeof manualWorld>;
  readonly mc: Owner;
  readonly esme: Owner;
  readonly server: SmppServer<number>;
  readonly client: SmppClient<number>;
}

export async function pair(
  mcOptions: Partial<PeerOptions> = {},
  esmeOptions: Partial<PeerOptions> = {},
  prepare: (mc: Owner, esme: Owner) => void = () => {},
): Promise<Pair> {
  const world = manualWorld();
  const mc = new Owner();
  const esme = new Owner();
  prepare(mc, esme);
  const server = await listenSmpp<number>(
    world,
    {
      listen: { host: '', port: 2775, tls: null, proxies: null, maxConnectionsPerAddress: 9, maxConnections: 9 },
      peer: { ...peerOptions, ...mcOptions },
      maxUnbound: 4,
      acceptsPerSecond: 100,
      outbinds: false,
    },
    mc,
  );
  const client = new SmppClient<number>(
    world,
    {
      connect: { host: 'mc', port: 2775, connectTimeoutMs: 1000, tls: null },
      peer: { ...peerOptions, ...esmeOptions },
      bind: bindFields,
      modes: ['trx'],
      reconnectMinMs: 1000,
      reconnectMaxMs: 60_000,
      refusedMinMs: 60_000,
      refusedMaxMs: 900_000,
    },
    esme,
  );
  client.start();
  world.loop.settle();
  return { world, mc, esme, server, client };
}

export function one(peers: readonly SmppPeer<number>[]): SmppPeer<number> {
  assert.equal(peers.length, 1);
  return peers[0] as SmppPeer<number>;
}
