// The demo's customer on SMPP: two transceivers, submits within the window, takes every receipt, and notes what it was told.
import { SmppClient } from '../driver/smppClient.ts';
import type { SmppClientHandler, SmppPeer } from '../driver/types.ts';
import { createLog } from '../host/log.ts';
import { createLoop } from '../host/loop.ts';
import { createNet } from '../host/net.ts';
import { defaultTimers } from '../session/defaults.ts';
import { messageIdResp } from '../smpp/make.ts';
import { type Pdu, submitSm } from '../smpp/pdu.ts';
import { Status } from '../smpp/status.table.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import { defaultTables, encodeSeptets } from '../sms/gsm.ts';
import type { DemoLedger } from './demoLedger.ts';
import type { DemoMessage } from './demoMessages.ts';

const WINDOW = 100;
/** A message refused because of load is sent again after this time. */
const AGAIN_MS = 200;
/** What does not fit into short_message goes into message_payload (SMPP 3.4 §4.4.1). */
const SHORT_MESSAGE_MAX = 254;

export class DemoSmpp implements SmppClientHandler<number> {
  readonly #client: SmppClient<number>;
  readonly #ledger: DemoLedger;
  readonly #messages: readonly DemoMessage[];
  readonly #waiting: number[];
  #stopping = false;

  constructor(port: number, password: string, messages: readonly DemoMessage[], ledger: DemoLedger) {
    this.#ledger = ledger;
    this.#messages = messages;
    this.#waiting = messages.map((_, i) => i).reverse();
    const world = { loop: createLoop(), net: createNet(), log: createLog('error', () => undefined) };
    this.#client = new SmppClient<number>(
      world,
      {
        connect: { host: '127.0.0.1', port, connectTimeoutMs: 5000, tls: null },
        bind: { systemId: 'demo', password, systemType: '', addrTon: 0, addrNpi: 0, addressRange: '' },
        modes: ['trx', 'trx'],
        reconnectMinMs: 200,
        reconnectMaxMs: 2000,
        refusedMinMs: 1000,
        refusedMaxMs: 5000,
        peer: {
          emission: 'direct',
          interfaceVersion: 0x34,
          window: WINDOW,
          inboundWindow: WINDOW,
          timers: defaultTimers,
          maxPduBytes: 70_000,
          tlv: 'always',
        },
      },
      this,
    );
  }

  start(): void {
    this.#client.start();
  }

  stop(): Promise<void> {
    this.#stopping = true;
    return new Promise((done) => this.#client.stop(done));
  }

  bound(peer: SmppPeer<number>): void {
    this.#pump(peer);
  }

  windowOpen(peer: SmppPeer<number>): void {
    this.#pump(peer);
  }

  response(peer: SmppPeer<number>, pdu: Pdu, token: number, late: boolean): void {
    const message = this.#messages[token] as DemoMessage;
    if (late) return;
    if (pdu.command === 'submit_sm_resp' && pdu.status === 0) this.#ledger.accepted(message, pdu.messageId);
    else if (pdu.status === Status.ESME_RTHROTTLED || pdu.status === Status.ESME_RMSGQFUL) this.#again(token);
    else this.#ledger.refused(message, `SMPP status 0x${pdu.status.toString(16)}`);
    this.#pump(peer);
  }

  failed(_peer: SmppPeer<number>, token: number, reason: string): void {
    this.#ledger.refused(this.#messages[token] as DemoMessage, `no answer: ${reason}`);
  }

  request(peer: SmppPeer<number>, pdu: Pdu): void {
    if (pdu.command !== 'deliver_sm') return;
    const text = pdu.shortMessage.toString('latin1');
    const receipt = /^id:(\S+) .*\bstat:(\w+)/.exec(text);
    if (receipt !== null) this.#ledger.receipt(receipt[1] as string, receipt[2] === 'DELIVRD');
    peer.respond(pdu.sequence, messageIdResp('deliver_sm_resp', pdu.sequence, 0, ''));
  }

  #again(token: number): void {
    setTimeout(() => {
      if (this.#stopping) return;
      this.#waiting.push(token);
      for (const peer of this.#client.bound) this.#pump(peer);
    }, AGAIN_MS);
  }

  #pump(peer: SmppPeer<number>): void {
    while (peer.room > 0) {
      const token = this.#waiting.pop();
      if (token === undefined) return;
      const message = this.#messages[token] as DemoMessage;
      const septets = encodeSeptets(message.text, defaultTables);
      const octets = septets ?? Buffer.from(message.text, 'utf16le').swap16();
      const long = octets.length > SHORT_MESSAGE_MAX;
      const sent = peer.send(
        submitSm({
          sourceAddrTon: 5,
          sourceAddr: 'Glaspost',
          destAddrTon: 1,
          destAddrNpi: 1,
          destinationAddr: message.to,
          registeredDelivery: 1,
          dataCoding: septets === undefined ? 8 : 0,
          ...(long ? { tlvs: [{ tag: Tag.messagePayload, value: octets }] } : { shortMessage: octets }),
        }),
        token,
      );
      if (sent === null) {
        this.#waiting.push(token);
        return;
      }
    }
  }

  bindRequested(): void {}
  outbindRequested(): void {}
  bindRefused(_peer: SmppPeer<number>, status: number): void {
    this.#ledger.note(`bind refused with status 0x${status.toString(16)}`);
  }
  wants(): void {}
  oddity(_peer: SmppPeer<number>, kind: string): void {
    this.#ledger.note(`odd PDU: ${kind}`);
  }
  closed(): void {}
  waiting(): void {}
}
