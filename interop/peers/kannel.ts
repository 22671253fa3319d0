// Kannel's bearerbox and smsbox as a customer: messages go in by its HTTP interface, receipts come to an HTTP listener of ours.
import { freePorts, listenHttp, type Place, program, type Running, until } from '../harness.ts';
import type { Letter } from '../texts.ts';

export const kannelNeeds = [program('bearerbox', 'kannel'), program('smsbox', 'kannel')];

/** One message for Kannel's sendsms interface. */
export interface KannelMessage {
  readonly text: string;
  readonly from: string;
  readonly to: string;
  /** 0: GSM 7-bit, 2: UCS-2 (Kannel user guide, `coding`). */
  readonly coding: 0 | 2;
}

/** Where and as whom Kannel binds. */
export interface KannelBind {
  readonly port: number;
  readonly username: string;
  readonly password: string;
  /** Messages in flight on its bind. */
  readonly window: number;
}

/** dlr-mask 31 asks for everything; of the states (`%d`) 1 is delivered, 2 failed, 4 buffered, 8 accepted by the SMSC, 16 rejected. */
export const kannelStates = { delivered: 1, failed: 2, buffered: 4, accepted: 8, rejected: 16 } as const;

export class Kannel {
  readonly bearerbox: Running;
  readonly smsbox: Running;
  /** For each message id of ours, the states in the order in which they came. */
  readonly receipts: Map<number, number[]>;
  readonly #sendPort: number;
  readonly #adminPort: number;
  readonly #receiptPort: number;

  private constructor(
    boxes: readonly [Running, Running],
    ports: readonly [number, number, number],
    receipts: Map<number, number[]>,
  ) {
    [this.bearerbox, this.smsbox] = boxes;
    [this.#sendPort, this.#adminPort, this.#receiptPort] = ports;
    this.receipts = receipts;
  }

  /** Starts both boxes and waits until the bind stands. */
  static async start(place: Place, bind: KannelBind): Promise<Kannel> {
    const [adminPort = 0, boxPort = 0, sendPort = 0] = await freePorts(3);
    const receipts = new Map<number, number[]>();
    const receiptPort = await listenHttp(place, (url) => {
      const id = Number(url.searchParams.get('id'));
      receipts.set(id, [...(receipts.get(id) ?? []), Number(url.searchParams.get('state'))]);
    });
    const conf = place.write('kannel.conf', configuration({ adminPort, boxPort, sendPort }, bind));
    const bearerbox = place.start('bearerbox', 'bearerbox', ['-v', '2', conf]);
    await bearerbox.listening(boxPort);
    const smsbox = place.start('smsbox', 'smsbox', ['-v', '2', conf]);
    await smsbox.listening(sendPort);
    const kannel = new Kannel([bearerbox, smsbox], [sendPort, adminPort, receiptPort], receipts);
    await until('Kannel has bound', 20_000, async () => /online/.test(await kannel.status()));
    return kannel;
  }

  /** bearerbox's own report. */
  async status(): Promise<string> {
    return await (await fetch(`http://127.0.0.1:${this.#adminPort}/status.txt?password=admin`)).text();
  }

  /** Sends all letters; the receipts of letter i come under the id i. */
  async sendLetters(letters: readonly Letter[]): Promise<void> {
    await this.sendAll(letters.map(({ from, to, text, ucs2 }) => ({ from, to: `+${to}`, text, coding: ucs2 ? 2 : 0 })));
  }

  /** Sends all messages, 20 HTTP requests at a time; the receipts of message i come under the id `firstId` + i. */
  async sendAll(messages: readonly KannelMessage[], firstId = 0): Promise<void> {
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let i = next++; i < messages.length; i = next++) {
        const message = messages[i];
        if (message !== undefined) await this.#send(message, firstId + i);
      }
    };
    await Promise.all(Array.from({ length: 20 }, worker));
  }

  async #send(message: KannelMessage, id: number): Promise<void> {
    const query = new URLSearchParams({
      username: 'tester',
      password: 'foobar',
      from: message.from,
      to: message.to,
      text: message.text,
      coding: String(message.coding),
      charset: 'UTF-8',
      'dlr-mask': '31',
      'dlr-url': `http://127.0.0.1:${this.#receiptPort}/dlr?id=${id}&state=%d`,
    });
    const response = await fetch(`http://127.0.0.1:${this.#sendPort}/cgi-bin/sendsms?${query}`);
    const answer = await response.text();
    if (response.status !== 202) throw new Error(`smsbox refused message ${id} (${response.status}): ${answer}`);
  }

  /**
   * Counts of messages by their final states. Kannel's requests overtake each other, so "accepted" may come after
   * "delivered"; two final states for one message count as both, e.g. "1,2".
   */
  finalStates(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const states of this.receipts.values()) {
      const final = states.filter((state) => state !== kannelStates.accepted && state !== kannelStates.buffered);
      const key = final.join() || 'none';
      counts[key] = (counts[key] ?? 0) + 1;
    }
    return counts;
  }
}

function configuration(ports: { adminPort: number; boxPort: number; sendPort: number }, bind: KannelBind): string {
  const group = (name: string, values: Readonly<Record<string, string | number>>): string =>
    [`group = ${name}`, ...Object.entries(values).map(([key, value]) => `${key} = ${value}`), ''].join('\n');
  return [
    group('core', {
      'admin-port': ports.adminPort,
      'admin-interface': '127.0.0.1',
      'admin-password': 'admin',
      'smsbox-port': ports.boxPort,
      'smsbox-interface': '127.0.0.1',
      'box-allow-ip': '"127.0.0.1"',
      'box-deny-ip': '"*.*.*.*"',
      'dlr-storage': 'internal',
    }),
    group('smsc', {
      smsc: 'smpp',
      'smsc-id': 'GW',
      host: '127.0.0.1',
      port: bind.port,
      'transceiver-mode': 'true',
      'interface-version': 34,
      'system-type': '""',
      'smsc-username': bind.username,
      'smsc-password': bind.password,
      'max-pending-submits': bind.window,
      'enquire-link-interval': 5,
      'reconnect-delay': 2,
    }),
    group('smsbox', {
      'bearerbox-host': '127.0.0.1',
      'sendsms-port': ports.sendPort,
      'sendsms-interface': '127.0.0.1',
      'global-sender': 123,
      'max-pending-requests': 512,
    }),
    group('sendsms-user', { username: 'tester', password: 'foobar', 'max-messages': 10, concatenation: 'true' }),
    group('sms-service', { keyword: 'default', 'max-messages': 0, text: '"x"' }),
  ].join('\n');
}
