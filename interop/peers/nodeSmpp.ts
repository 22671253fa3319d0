// The npm package smpp, in this process: as a customer that sends and collects receipts, and as a supplier that answers.
import { connect, createServer, type Pdu, type Session } from 'smpp';
import { type Place, until } from '../harness.ts';
import type { Letter } from '../texts.ts';

/** Fields of a submit_sm as the package names them. */
export type SubmitFields = Readonly<Record<string, unknown>>;

/** What a customer got back for one submit_sm. */
export interface Submitted {
  readonly status: number;
  readonly messageId: string;
}

/** A bound transceiver of the package. */
export class NodeCustomer {
  readonly #session: Session;
  /** deliver_sm PDUs in the order in which they came; each has been answered with 0. */
  readonly delivered: Pdu[] = [];

  private constructor(session: Session) {
    this.#session = session;
    session.on('deliver_sm', (pdu: Pdu) => {
      this.delivered.push(pdu);
      session.send(pdu.response());
    });
    session.on('enquire_link', (pdu: Pdu) => session.send(pdu.response()));
  }

  /** Connects and binds; throws when the answer is not 0. */
  static async bind(place: Place, port: number, systemId: string, password: string): Promise<NodeCustomer> {
    const session = connect({ url: `smpp://127.0.0.1:${port}`, auto_enquire_link_period: 5000 });
    const failure = { message: '' };
    session.on('error', (error: Error) => {
      failure.message = error.message;
    });
    place.onClose(() => {
      session.destroy();
      return Promise.resolve();
    });
    const customer = new NodeCustomer(session);
    let status = -1;
    session.once('connect', () => {
      const fields = { system_id: systemId, password, interface_version: 0x34 };
      session.bind_transceiver(fields, (answer) => {
        status = answer.command_status;
      });
    });
    await until('the bind of node-smpp is answered', 10_000, () => {
      if (failure.message !== '') throw new Error(`node-smpp: ${failure.message}`);
      return status >= 0;
    });
    if (status !== 0) throw new Error(`the bind of node-smpp was refused with 0x${status.toString(16)}`);
    return customer;
  }

  /** Submits all, at most `window` at a time, and returns the answers in the order of the messages. */
  async submitAll(messages: readonly SubmitFields[], window: number, timeoutMs: number): Promise<Submitted[]> {
    const answers: Submitted[] = [];
    let sent = 0;
    let answered = 0;
    const fill = (): void => {
      while (sent < messages.length && sent - answered < window) {
        const index = sent++;
        this.#session.submit_sm(messages[index] ?? {}, (pdu) => {
          answered += 1;
          answers[index] = { status: pdu.command_status, messageId: pdu.message_id ?? '' };
          fill();
        });
      }
    };
    fill();
    await until(`${messages.length} answers to node-smpp`, timeoutMs, () => answered === messages.length);
    return answers;
  }

  /** unbind and its answer. */
  async unbind(): Promise<void> {
    let done = false;
    this.#session.unbind(() => {
      done = true;
    });
    await until('the unbind of node-smpp is answered', 10_000, () => done);
    this.#session.close();
  }
}

/**
 * A submit_sm that asks for a receipt. The package does not split: what needs more than one part goes as message_payload.
 * data_coding is given because it would choose 1 (IA5) for octets of the GSM 7-bit alphabet.
 */
export function submitOf(letter: Letter): SubmitFields {
  const longest = letter.ucs2 ? 70 : 140;
  return {
    source_addr_ton: 5,
    source_addr_npi: 0,
    source_addr: letter.from,
    dest_addr_ton: 1,
    dest_addr_npi: 1,
    destination_addr: letter.to,
    registered_delivery: 1,
    data_coding: letter.ucs2 ? 8 : 0,
    [letter.text.length > longest ? 'message_payload' : 'short_message']: letter.text,
  };
}

/** The text of a deliver_sm or submit_sm as the package decoded it. */
export function textOf(pdu: Pdu): string {
  const message = pdu.short_message?.message ?? '';
  return typeof message === 'string' ? message : message.toString('latin1');
}

/** A supplier made of the package: takes every message, and sends a receipt where one is asked for. */
export class NodeSupplier {
  /** submit_sm PDUs in the order in which they came. */
  readonly submits: Pdu[] = [];
  readonly port: number;
  /** Receipts sent and answered with 0. */
  receiptsTaken = 0;

  private constructor(port: number) {
    this.port = port;
  }

  static async listen(place: Place, systemId: string, password: string): Promise<NodeSupplier> {
    let supplier: NodeSupplier | null = null;
    const server = createServer((session) => {
      session.on('error', () => undefined);
      session.on('bind_transceiver', (pdu: Pdu & { system_id?: string; password?: string }) => {
        const known = pdu.system_id === systemId && pdu.password === password;
        session.send(pdu.response(known ? { system_id: 'NODE' } : { command_status: 0x0e }));
      });
      session.on('enquire_link', (pdu: Pdu) => session.send(pdu.response()));
      session.on('unbind', (pdu: Pdu) => {
        session.send(pdu.response());
        session.close();
      });
      session.on('submit_sm', (pdu: Pdu) => supplier?.take(session, pdu));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server of node-smpp has no port');
    place.onClose(async () => {
      for (const session of [...server.sessions]) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    supplier = new NodeSupplier(address.port);
    return supplier;
  }

  take(session: Session, pdu: Pdu): void {
    this.submits.push(pdu);
    const id = this.submits.length.toString(16).padStart(8, '0');
    session.send(pdu.response({ message_id: id }));
    if (((pdu.registered_delivery ?? 0) & 3) === 0) return;
    setTimeout(() => {
      const fields = {
        source_addr: pdu.destination_addr,
        destination_addr: pdu.source_addr,
        esm_class: 4,
        short_message: `id:${id} sub:001 dlvrd:001 submit date:2601010000 done date:2601010001 stat:DELIVRD err:000 text:`,
      };
      session.deliver_sm(fields, (answer) => {
        if (answer.command_status === 0) this.receiptsTaken += 1;
      });
    }, 100);
  }
}
