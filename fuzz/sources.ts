// What each side of the system is sent: a customer's, an upstream's and a supplier's PDUs, to be spoilt, and their answers to
// what they are asked.
import { ByteWriter } from '../src/base/bytes.ts';
import type { Chance } from '../src/operator/chance.ts';
import { CommandId, RESPONSE_BIT } from '../src/smpp/commands.ts';
import { encode } from '../src/smpp/encode.ts';
import { messageIdResp } from '../src/smpp/make.ts';
import { NO_TLVS, type Pdu } from '../src/smpp/pdu.ts';
import type { Source } from './compose.ts';
import { customerTraffic, everyKind, orderSample, receiptSample, SENDER } from './corpus.ts';
import { writeHead } from './head.ts';
import type { Line } from './line.ts';
import { type Sample, sampleOf } from './mutate.ts';

const one = <T>(chance: Chance, list: readonly T[]): T => list[chance.below(list.length)] as T;

/** In percent: never answered. */
const UNANSWERED = 3;

/** The plain answer to a request; null: none is given this time. */
function plainAnswer(commandId: number, sequence: number, chance: Chance, id = ''): Buffer | null {
  // Who asks to unbind closes when no answer comes, and that would look as if it closed for what it was sent.
  if (commandId !== CommandId.unbind && chance.below(100) < UNANSWERED) return null;
  if (commandId === CommandId.deliver_sm || commandId === CommandId.submit_sm) {
    const writer = new ByteWriter(64);
    const command = commandId === CommandId.submit_sm ? 'submit_sm_resp' : 'deliver_sm_resp';
    encode(writer, messageIdResp(command, sequence, 0, id), 0x34);
    return Buffer.from(writer.view());
  }
  if (commandId === CommandId.alert_notification) return null;
  const head = Buffer.alloc(16);
  writeHead(head, 0, commandId + RESPONSE_BIT, 0, sequence);
  return head;
}

export class CustomerSource implements Source {
  readonly all: readonly Sample[];
  readonly #traffic: readonly Sample[];

  constructor(seed: number, chance: Chance) {
    this.all = everyKind(seed);
    this.#traffic = customerTraffic(chance);
  }

  draw(chance: Chance, line: Line): Sample {
    const die = chance.below(100);
    if (die < 35) return one(chance, this.#traffic);
    return die < 40 && line.lastId !== '' ? this.#operation(chance, line.lastId) : one(chance, this.all);
  }

  answer(commandId: number, sequence: number, chance: Chance): Buffer | null {
    return plainAnswer(commandId, sequence, chance);
  }

  /** About a message that is there. */
  #operation(chance: Chance, messageId: string): Sample {
    const head = { status: 0, sequence: 0, tlvs: NO_TLVS, sourceAddrTon: 5, sourceAddrNpi: 0, sourceAddr: SENDER };
    const pdus = [
      { command: 'query_sm', commandId: CommandId.query_sm, messageId, ...head },
      {
        ...{ command: 'cancel_sm', commandId: CommandId.cancel_sm, serviceType: '', messageId, ...head },
        ...{ destAddrTon: 1, destAddrNpi: 1, destinationAddr: '' },
      },
      {
        ...{ command: 'replace_sm', commandId: CommandId.replace_sm, messageId, ...head },
        ...{ scheduleDeliveryTime: '', validityPeriod: '', registeredDelivery: 1, smDefaultMsgId: 0 },
        shortMessage: Buffer.from('another text'),
      },
    ];
    const writer = new ByteWriter(128);
    encode(writer, one(chance, pdus) as unknown as Pdu, 0x50);
    return sampleOf(Buffer.from(writer.view()));
  }
}

/** A gateway in token mode (orders with right tokens) or in bind mode (traffic of any gateway). */
export class UpstreamSource implements Source {
  readonly all: readonly Sample[];
  readonly #traffic: readonly Sample[];
  readonly #link: string | null;

  constructor(all: readonly Sample[], link: string | null, chance: Chance) {
    this.all = all;
    this.#link = link;
    this.#traffic = customerTraffic(chance);
  }

  draw(chance: Chance): Sample {
    if (chance.below(2) === 0) return one(chance, this.all);
    return this.#link === null ? one(chance, this.#traffic) : orderSample(this.#link, chance);
  }

  answer(commandId: number, sequence: number, chance: Chance): Buffer | null {
    return plainAnswer(commandId, sequence, chance);
  }
}

/** Ids given out last, for receipts. */
const IDS_KEPT = 4096;

export class SupplierSource implements Source {
  readonly all: readonly Sample[];
  readonly #ids: string[] = [];
  #next = 0;

  constructor(all: readonly Sample[]) {
    this.all = all;
  }

  draw(chance: Chance): Sample {
    const die = chance.below(100);
    if (die < 40 && this.#ids.length > 0) return receiptSample(one(chance, this.#ids), chance);
    return die < 50 ? receiptSample('', chance) : one(chance, this.all);
  }

  answer(commandId: number, sequence: number, chance: Chance): Buffer | null {
    if (commandId !== CommandId.submit_sm) return plainAnswer(commandId, sequence, chance);
    const id = `f${this.#next.toString(16)}`;
    this.#ids[this.#next++ % IDS_KEPT] = id;
    return plainAnswer(commandId, sequence, chance, id);
  }
}
