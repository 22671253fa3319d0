// What the guard may write to the gateway: an outcome, or that an order is declined for good, only as it durably stands; a receipt
// not once it was taken. Sees the wire from outside.
import { HopTag, OutcomeClass } from '../smpp/vendor.ts';
import type { GuardBooks } from './guardBooks.ts';
import { behind, readSm, readTlv } from './scanner.ts';
import { LawBroken } from './trace.ts';

const SUBMIT_RESP = 0x8000_0004;
const DELIVER = 0x05;
const OUTCOME_OCTETS = 6;

/** `orders`: the ops of this connection by the sequence of their orders. */
export function fromGuard(
  guard: GuardBooks,
  orders: ReadonlyMap<number, string>,
  pdu: Buffer,
  command: number,
  status: number,
  sequence: number,
): void {
  if (command === DELIVER) receipt(guard, pdu);
  const op = command === SUBMIT_RESP ? orders.get(sequence) : undefined;
  if (op === undefined) return;
  const tlvs = behind(pdu, 16);
  if (status === 0) outcomes(guard, op, readTlv(pdu, tlvs, HopTag.outcome));
  else if (readTlv(pdu, tlvs, HopTag.unknownOp) === null && !guard.declined.has(op))
    broken('1 acknowledge after durable', `the guard declines an order with status ${status}, which is not durable`);
}

function outcomes(guard: GuardBooks, op: string, told: Buffer | null): void {
  if (told === null) return;
  const booked = guard.ops.get(op);
  for (let i = 0; i * OUTCOME_OCTETS < told.length; i++) {
    const outcome = told[i * OUTCOME_OCTETS] as number;
    const segment = booked?.segments.get(i + 1);
    const fits =
      outcome === OutcomeClass.notEmitted
        ? segment === undefined ||
          segment.again ||
          (!segment.emitted && (segment.abandoned || segment.outcomes.length === 0))
        : outcome === OutcomeClass.unknown
          ? segment !== undefined
          : (segment?.outcomes.includes(outcome) ?? false);
    if (!fits)
      broken(
        '1 acknowledge after durable',
        `the guard answers outcome ${outcome} for a segment of which durably stands ${JSON.stringify(segment ?? null)}`,
      );
  }
}

function receipt(guard: GuardBooks, pdu: Buffer): void {
  const sm = readSm(pdu);
  const op = sm === null ? null : readTlv(pdu, sm.tlvs, HopTag.op);
  const segment = sm === null ? null : readTlv(pdu, sm.tlvs, HopTag.segment);
  if (op !== null && segment !== null && guard.taken.has(`${op.latin1Slice()}${segment[0]}`))
    broken('7 no duplicates', 'the guard tells of a final state again, which the gateway has taken');
}

function broken(law: string, detail: string): never {
  throw new LawBroken(law, detail);
}
