// Which request may come from which side in which state: SMPP 5.0 §2.3–2.4 Table 2-1, with enquire_link allowed everywhere.
// Only data and its look-up; the session alone decides what follows from it.
import type { BindMode, SessionRole, SessionState } from './types.ts';

/** The command_ids that the session handles by itself (SMPP 3.4 §5.1.2.1). */
export const Command = {
  genericNack: 0x80000000,
  bindReceiver: 0x00000001,
  bindTransmitter: 0x00000002,
  bindTransceiver: 0x00000009,
  outbind: 0x0000000b,
  unbind: 0x00000006,
  unbindResp: 0x80000006,
  enquireLink: 0x00000015,
  enquireLinkResp: 0x80000015,
  alertNotification: 0x00000102,
} as const;

/** The statuses that the session gives by itself (SMPP 3.4 §5.1.3). */
export const Status = {
  ok: 0x00,
  invalidCommandLength: 0x02,
  invalidCommandId: 0x03,
  incorrectBindStatus: 0x04,
  alreadyBound: 0x05,
  systemError: 0x08,
  throttled: 0x58,
  invalidTlvStream: 0xc0,
} as const;

const OPEN = 1;
const OUTBOUND = 2;
const TX = 4;
const RX = 8;
const TRX = 16;

/** One request: bits of the states in which either side may make it. */
export interface Operation {
  readonly esme: number;
  readonly mc: number;
  /** Whether a response PDU exists. */
  readonly answered: boolean;
  /** Part of the traffic: counts for windows and for inactivity. */
  readonly message: boolean;
}

const bind: Operation = { esme: OPEN | OUTBOUND, mc: 0, answered: true, message: false };
const submission: Operation = { esme: TX | TRX, mc: 0, answered: true, message: true };
const delivery: Operation = { esme: 0, mc: RX | TRX, answered: true, message: true };

const rows: readonly (readonly [number, Operation])[] = [
  [Command.bindReceiver, bind],
  [Command.bindTransmitter, bind],
  [Command.bindTransceiver, bind],
  [Command.outbind, { esme: 0, mc: OPEN, answered: false, message: false }],
  [Command.unbind, { esme: TX | RX | TRX, mc: TX | RX | TRX, answered: true, message: false }],
  [Command.enquireLink, { esme: 31, mc: 31, answered: true, message: false }],
  [0x00000004, submission], // submit_sm
  [0x00000021, submission], // submit_multi
  [0x00000003, submission], // query_sm
  [0x00000008, submission], // cancel_sm
  [0x00000007, submission], // replace_sm
  [0x00000111, submission], // broadcast_sm
  [0x00000112, submission], // query_broadcast_sm
  [0x00000113, submission], // cancel_broadcast_sm
  [0x00000005, delivery], // deliver_sm
  [Command.alertNotification, { esme: 0, mc: RX | TRX, answered: false, message: true }],
  [0x00000103, { esme: TX | TRX, mc: RX | TRX, answered: true, message: true }], // data_sm
];

const operations: readonly (Operation | undefined)[] = (() => {
  const table: (Operation | undefined)[] = new Array<Operation | undefined>(0x114).fill(undefined);
  for (const [commandId, operation] of rows) table[commandId] = operation;
  return table;
})();

/** The operation of a request's command_id (bit 31 clear); undefined for 3.3-only, vendor and unknown ones. */
export function operationOf(commandId: number): Operation | undefined {
  return commandId < 0x114 ? operations[commandId] : undefined;
}

/** Whether `sender` may make this request in `state`. */
export function isLegal(operation: Operation, sender: SessionRole, state: SessionState): boolean {
  const allowed = sender === 'esme' ? operation.esme : operation.mc;
  switch (state) {
    case 'open':
      return (allowed & OPEN) !== 0;
    case 'outbound':
      return (allowed & OUTBOUND) !== 0;
    case 'tx':
      return (allowed & TX) !== 0;
    case 'rx':
      return (allowed & RX) !== 0;
    case 'trx':
      return (allowed & TRX) !== 0;
    default:
      return false;
  }
}

/** Throws for a message PDU that `sender`, bound as `mode`, may not send: a broken invariant of the owner. */
export function checkSendable(commandId: number, answered: boolean, sender: SessionRole, mode: BindMode | null): void {
  const operation = operationOf(commandId);
  if (!operation?.message || operation.answered !== answered || !isLegal(operation, sender, mode ?? 'open'))
    throw new Error(`command 0x${commandId.toString(16)} is not for an ${sender} to send, bound as ${mode}`);
}
