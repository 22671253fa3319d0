// Watches every octet between the programs and compares it with what is durable at that moment: acknowledged after durable, no
// PDU without its leaf, windows kept (throttles: throttleWatch.ts). Sees the programs only from outside.
import { HopTag } from '../smpp/vendor.ts';
import { indexKey } from '../sms/messageId.ts';
import { FOREIGN, GATEWAY_PORT, GUARD_PORT } from './configs.ts';
import { type Asked, CustomerWatch } from './customerWatch.ts';
import { toForeign } from './foreignLaws.ts';
import type { GatewayBooks } from './gatewayBooks.ts';
import type { GuardBooks } from './guardBooks.ts';
import { fromGuard } from './hopLaws.ts';
import type { Timeline } from './loop.ts';
import { type MoBooks, moKey } from './moLaws.ts';
import type { SimEnd } from './pipe.ts';
import type { LinkPlan, Plan } from './plan.ts';
import { cstring, PduScanner, readSm, readTlv, receiptOf } from './scanner.ts';
import { ThrottleWatch } from './throttleWatch.ts';
import { LawBroken, type Trace } from './trace.ts';

const SUBMIT = 0x04;
const DELIVER = 0x05;
const RESPONSE = 0x80000000;
const BINDS: readonly number[] = [0x01, 0x02, 0x09];
const ENQUIRE = 0x15;
const UNBIND = 0x06;

interface Line {
  readonly written: Map<SimEnd, PduScanner>;
  readonly read: Map<SimEnd, PduScanner>;
  /** Requests of each side that have no answer: time of writing by sequence. */
  readonly open: Map<number, number>;
  readonly openDown: Map<number, number>;
  /** On the hop: op by the sequence of its order; op and segment by the sequence of a receipt. */
  readonly orders: Map<number, string>;
  readonly receipts: Map<number, string>;
  /** Messages of subscribers by their sequence: the part to the guard, the event number on the hop. */
  readonly mos: Map<number, string>;
  /** Of a customer. */
  readonly asked: Asked;
}

export class WireWatch {
  readonly #timeline: Timeline;
  readonly #trace: Trace;
  readonly #plan: Plan;
  readonly #gateway: GatewayBooks;
  readonly #guard: GuardBooks;
  readonly #lines = new Map<number, Line>();
  readonly #throttles: ThrottleWatch;
  readonly #mo: MoBooks;
  readonly #customers: CustomerWatch;
  /** PDUs written to operators. */
  submitted = 0;

  constructor(timeline: Timeline, trace: Trace, plan: Plan, gateway: GatewayBooks, guard: GuardBooks, mo: MoBooks) {
    this.#mo = mo;
    this.#timeline = timeline;
    this.#trace = trace;
    this.#plan = plan;
    this.#gateway = gateway;
    this.#guard = guard;
    this.#customers = new CustomerWatch(gateway);
    this.#throttles = new ThrottleWatch(timeline, plan.links);
  }

  written(end: SimEnd, bytes: Buffer): void {
    this.#trace.octets(bytes);
    const line = this.#line(end);
    scanner(line.written, end).feed(bytes, (pdu, command, status, sequence) => {
      if (this.#trace.shown) this.#show(end, pdu, command, status, sequence);
      const link = this.#link(end.port);
      if (link !== null) {
        if (end.side === 'client') this.#toOperator(line, end, link, pdu, command, status, sequence);
        else this.#fromOperator(link, pdu, command);
      } else if (end.port === GUARD_PORT && end.other?.life.node === FOREIGN) {
        toForeign(this.#guard, pdu, command, status);
      } else if (end.port === GUARD_PORT && end.life.node !== FOREIGN) {
        if (end.side === 'client') this.#toGuard(line, pdu, command, status, sequence);
        else fromGuard(this.#guard, line.orders, pdu, command, status, sequence);
      } else if (end.port === GATEWAY_PORT) {
        if (end.side === 'client') this.#customers.from(line.asked, pdu, command, sequence);
        else this.#toCustomer(line, end, pdu, command, status, sequence);
      }
    });
  }

  read(end: SimEnd, bytes: Buffer): void {
    const line = this.#line(end);
    scanner(line.read, end).feed(bytes, (pdu, command, status, sequence) => {
      if (command === RESPONSE || command === RESPONSE + SUBMIT) {
        const intent = this.#guard.intents.get(`${this.#guard.sessions.get(end.facts.localPort)?.session}${sequence}`);
        if (intent !== undefined && status !== 0 && this.#link(end.port) !== null && end.side === 'client')
          intent.segment.refusedWith = status;
        if (end.side === 'client') line.open.delete(sequence);
      }
      if (command === RESPONSE || command === RESPONSE + DELIVER) {
        if (end.side === 'server') line.openDown.delete(sequence);
      }
      if (end.port === GUARD_PORT && end.side === 'client' && command === DELIVER) {
        const sm = readSm(pdu);
        const op = sm === null ? null : readTlv(pdu, sm.tlvs, HopTag.op);
        const segment = sm === null ? null : readTlv(pdu, sm.tlvs, HopTag.segment);
        const event = sm === null ? null : readTlv(pdu, sm.tlvs, HopTag.eventNumber);
        if (op === null && event !== null) line.mos.set(sequence, String(event.readBigUInt64BE(0)));
        if (op !== null && segment !== null)
          line.receipts.set(sequence, `${op.latin1Slice()}${(segment[0] as number) - 1}`);
      }
      if (this.#link(end.port) !== null && end.side === 'client' && command === DELIVER) {
        const told = receiptOf(pdu);
        const mo = moKey(pdu);
        if (mo !== null) line.mos.set(sequence, mo);
        if (told !== null)
          line.receipts.set(sequence, `${this.#link(end.port)?.name} ${indexKey(told.id)} ${told.destination}`);
      }
    });
  }

  taken(end: SimEnd, bytes: Buffer): void {
    this.#throttles.taken(end, bytes);
  }

  #line(end: SimEnd): Line {
    let line = this.#lines.get(end.line);
    if (line === undefined) {
      line = {
        written: new Map(),
        read: new Map(),
        open: new Map(),
        openDown: new Map(),
        orders: new Map(),
        receipts: new Map(),
        mos: new Map(),
        asked: new Map(),
      };
      this.#lines.set(end.line, line);
    }
    return line;
  }

  #link(port: number): LinkPlan | null {
    return this.#plan.links.find((link) => link.port === port) ?? null;
  }

  #toOperator(
    line: Line,
    end: SimEnd,
    link: LinkPlan,
    pdu: Buffer,
    command: number,
    status: number,
    sequence: number,
  ): void {
    const { sessions, intents, ownIntents, receipts } = this.#guard;
    const session = sessions.get(end.facts.localPort);
    if (BINDS.includes(command)) {
      if (session === undefined || session.sequence !== sequence || session.link !== link.name)
        broken('2 no leaf, no PDU', `a bind to ${link.name} has no durable SESSION_OPEN`);
    } else if (command === ENQUIRE || command === UNBIND) {
      if (!ownIntents.has(`${session?.session}${sequence}`))
        broken('2 no leaf, no PDU', `an own request (0x${command.toString(16)}) to ${link.name} has no durable INTENT`);
    } else if (command === SUBMIT) {
      this.submitted++;
      const intent = intents.get(`${session?.session}${sequence}`);
      const sm = readSm(pdu);
      if (intent === undefined || intent.op.link !== link.name || sm?.destination !== intent.op.recipient)
        broken('2 no leaf, no PDU', `a submit_sm to ${link.name} has no durable INTENT`);
      if (intent.segment.emitted) broken('7 no duplicates', `one INTENT was emitted twice on ${link.name}`);
      intent.segment.emitted = true;
      this.#window(line.open, sequence, link.window, 5000, `of link ${link.name}`);
    } else if (command === RESPONSE + DELIVER && status === 0) {
      const mo = line.mos.get(sequence);
      if (mo !== undefined) {
        line.mos.delete(sequence);
        this.#mo.answered(mo);
        return;
      }
      const receipt = line.receipts.get(sequence);
      if (receipt === undefined) return;
      if (!receipts.has(receipt))
        broken('1 acknowledge after durable', `a receipt of ${link.name} was acknowledged and is not durable`);
      this.#guard.acknowledged.add(receipt);
    } else if (command < RESPONSE)
      broken('2 no leaf, no PDU', `a request 0x${command.toString(16)} that the guard never makes`);
  }

  #fromOperator(link: LinkPlan, pdu: Buffer, command: number): void {
    if (command !== DELIVER) return;
    const told = receiptOf(pdu);
    if (told === null) this.#mo.told(pdu);
    else this.#guard.told.add(`${link.name} ${indexKey(told.id)} ${told.destination} ${told.state}`);
  }

  #toGuard(line: Line, pdu: Buffer, command: number, status: number, sequence: number): void {
    if (command === SUBMIT) {
      const sm = readSm(pdu);
      const op = sm === null ? null : readTlv(pdu, sm.tlvs, HopTag.op);
      if (op === null) broken('2 no leaf, no PDU', 'an order without an op');
      if (!this.#gateway.byOp.has(op.latin1Slice()))
        broken('1 acknowledge after durable', 'an order went out before its op was durable');
      line.orders.set(sequence, op.latin1Slice());
      this.#window(line.open, sequence, 100, 15_000, 'of the hop to the guard');
    } else if (command === RESPONSE + DELIVER && status === 0) {
      const mo = line.mos.get(sequence);
      if (mo !== undefined) {
        line.mos.delete(sequence);
        this.#mo.answeredUp(Number(mo));
        return;
      }
      const key = line.receipts.get(sequence);
      if (key === undefined) return;
      const message = this.#gateway.byOp.get(key.slice(0, 16));
      if (message === undefined || message.ended !== null || message.ops.at(-1) !== key.slice(0, 16)) return;
      if (!message.receipts.has(key))
        broken('1 acknowledge after durable', 'the gateway acknowledged a receipt that is not durable');
    }
  }

  #toCustomer(line: Line, end: SimEnd, pdu: Buffer, command: number, status: number, sequence: number): void {
    const account = end.other?.life.node ?? '';
    if (command === DELIVER) {
      const plan = this.#plan.accounts.find((one) => one.name === account);
      this.#window(line.openDown, sequence, plan?.window ?? 0, 30_000, `towards ${account}`);
      if (moKey(pdu) !== null) this.#mo.toCustomer(account, pdu);
    }
    this.#customers.to(line.asked, account, pdu, command, status, sequence);
  }

  /** An id that left the gateway in an HTTP answer. */
  answeredHttp(id: string): void {
    if (!this.#gateway.messages.has(id.slice('http '.length)))
      broken('1 acknowledge after durable', 'an HTTP answer names a message that is not durable');
  }

  #window(open: Map<number, number>, sequence: number, window: number, timerMs: number, whose: string): void {
    const now = this.#timeline.nowMs;
    // Timers begin when the program lets go of a request; it is written at the end of that turn.
    const turnMs = this.#plan.turnMaxMs + 1;
    for (const [other, atMs] of open) if (now - atMs >= timerMs - turnMs) open.delete(other);
    open.set(sequence, now);
    if (open.size > window) broken('6 windows', `${open.size} requests are open ${whose}, whose window is ${window}`);
  }

  #show(end: SimEnd, pdu: Buffer, command: number, status: number, sequence: number): void {
    const other = end.other?.life.node ?? '?';
    const sm = command === SUBMIT || command === DELIVER ? readSm(pdu) : null;
    const detail =
      sm === null ? '' : ` ${sm.source}>${sm.destination} ${sm.esmClass & 0x3c ? sm.text.slice(0, 120) : ''}`;
    const id = command === RESPONSE + SUBMIT && status === 0 ? ` id ${cstring(pdu, 16)}` : '';
    this.#trace.line(
      end.life.node,
      `→ ${other} line ${end.line} 0x${command.toString(16)} status ${status} seq ${sequence}${detail}${id}`,
    );
  }
}

function scanner(of: Map<SimEnd, PduScanner>, end: SimEnd): PduScanner {
  let found = of.get(end);
  if (found === undefined) of.set(end, (found = new PduScanner()));
  return found;
}

function broken(law: string, detail: string): never {
  throw new LawBroken(law, detail);
}
