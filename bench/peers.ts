// How many submit_sm / submit_sm_resp pairs per second two peers exchange over loopback, and what one PDU costs in CPU.
// node bench/peers.ts [--json] [--window 100] [--seconds 4]
import { parseArgs } from 'node:util';
import { SmppClient } from '../src/driver/smppClient.ts';
import { listenSmpp } from '../src/driver/smppServer.ts';
import type { PeerHandler, PeerOptions, SmppClientHandler, SmppPeer } from '../src/driver/types.ts';
import { createLog } from '../src/host/log.ts';
import { createLoop } from '../src/host/loop.ts';
import { createNet } from '../src/host/net.ts';
import { defaultTimers } from '../src/session/defaults.ts';
import { CommandId } from '../src/smpp/commands.ts';
import { type MessageIdResp, NO_TLVS, type Pdu, submitSm } from '../src/smpp/pdu.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    window: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '4' },
  },
});
const window = Number(values.window);
const seconds = Number(values.seconds);
const world = { loop: createLoop(), net: createNet(), log: createLog('error') };
const options: PeerOptions = {
  emission: 'direct',
  interfaceVersion: 0x34,
  window,
  inboundWindow: window,
  timers: defaultTimers,
  maxPduBytes: 70_000,
  tlv: 'always',
};
const text = Buffer.from('Your appointment is on Monday at 10:30.');
let pairs = 0;

const rest = {
  outbindRequested(): void {},
  bindRefused(): void {},
  wants(): void {},
  oddity(): void {},
  closed(): void {},
  failed(): void {},
};
const mc: PeerHandler<number> = {
  ...rest,
  bindRequested: (peer) => void peer.acceptBind('mc'),
  bound(): void {},
  request(peer: SmppPeer<number>, pdu: Pdu): void {
    const answer: MessageIdResp = {
      command: 'submit_sm_resp',
      commandId: CommandId.submit_sm_resp,
      status: 0,
      sequence: 0,
      messageId: '0123456789abcdef',
      tlvs: NO_TLVS,
    };
    peer.respond(pdu.sequence, answer);
  },
  response(): void {},
  windowOpen(): void {},
};
function submit(peer: SmppPeer<number>): boolean {
  const fields = { sourceAddrTon: 5, sourceAddr: 'INFO', destAddrTon: 1, destAddrNpi: 1, registeredDelivery: 1 };
  return peer.send(submitSm({ ...fields, destinationAddr: '491700000001', shortMessage: text }), 1) !== null;
}
const esme: SmppClientHandler<number> = {
  ...rest,
  bindRequested(): void {},
  bound(peer: SmppPeer<number>): void {
    while (peer.room > 0) submit(peer);
  },
  request(): void {},
  response(peer: SmppPeer<number>): void {
    pairs++;
    submit(peer);
  },
  windowOpen(): void {},
  waiting(): void {},
};

const server = await listenSmpp<number>(
  world,
  {
    listen: {
      host: '127.0.0.1',
      port: 0,
      tls: null,
      proxies: null,
      maxConnectionsPerAddress: 100,
      maxConnections: 100,
    },
    peer: options,
    maxUnbound: 100,
    acceptsPerSecond: 100,
    outbinds: false,
  },
  mc,
);
const bind = { systemId: 'a', password: 'b', systemType: '', addrTon: 0, addrNpi: 0, addressRange: '' };
const client = new SmppClient<number>(
  world,
  {
    connect: { host: '127.0.0.1', port: server.port, connectTimeoutMs: 1000, tls: null },
    peer: options,
    bind,
    modes: ['trx'],
    reconnectMinMs: 1000,
    reconnectMaxMs: 60_000,
    refusedMinMs: 60_000,
    refusedMaxMs: 900_000,
  },
  esme,
);
client.start();
setTimeout(() => {
  const from = { pairs, ms: performance.now(), cpu: process.cpuUsage() };
  setTimeout(() => {
    const done = pairs - from.pairs;
    const cpu = process.cpuUsage(from.cpu);
    const perSecond = done / ((performance.now() - from.ms) / 1000);
    const cpuUs = (cpu.user + cpu.system) / (done * 4);
    if (values.json)
      console.log(
        JSON.stringify({ bench: 'peers', window, pairs_per_second: Math.round(perSecond), cpu_us: +cpuUs.toFixed(2) }),
      );
    else
      console.log(`window ${window}: ${Math.round(perSecond)} pairs/s, ${cpuUs.toFixed(2)} us of CPU per PDU and side`);
    process.exit(0);
  }, seconds * 1000);
}, 1500);
