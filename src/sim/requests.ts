// What SMPP customers write: the PDUs of their wishes, and the manner of each kind of customer. Form only.
import { CommandId } from '../smpp/commands.ts';
import { type CancelSm, type DataSm, NO_TLVS, type SubmitMulti, type SubmitSm, submitSm } from '../smpp/pdu.ts';
import { formatAbsolute } from '../smpp/time.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import { buildUdh } from '../sms/udh.ts';
import { FOREIGN, GATEWAY_PORT, GUARD_PORT, SENDER } from './configs.ts';
import type { Wish } from './desk.ts';

const SHORT_OCTETS = 160;

/** Where a customer binds, and how it writes. */
export interface Manner {
  readonly host: string;
  readonly port: number;
  readonly systemId: string;
  /** Parts without an answer are sent again, under the same reference. */
  readonly repeatsParts: boolean;
  readonly write: (pdu: SubmitSm, wish: Wish, part: number) => SubmitSm;
}

/** A customer of the gateway. */
export function plainManner(name: string): Manner {
  return { host: 'gateway', port: GATEWAY_PORT, systemId: name, repeatsParts: false, write: (pdu) => pdu };
}

/** The habits of another SMS gateway, of which each has some. */
export interface Habits {
  /** esm_class 03 and 43. */
  readonly storeAndForward: boolean;
  /** A receipt is asked on the first part only. */
  readonly firstPartOnly: boolean;
  /** Intermediate receipts too. */
  readonly intermediate: boolean;
  readonly absoluteValidity: boolean;
  /** sar_* instead of a header. */
  readonly sar: boolean;
  readonly plus: boolean;
}

/** Another SMS gateway, bound straight to the guard. `now`: its clock. */
export function foreignManner(habits: Habits, validityMs: number, now: () => number): Manner {
  return {
    host: 'guard',
    port: GUARD_PORT,
    systemId: FOREIGN,
    repeatsParts: true,
    write: (pdu, wish, part) => {
      const asked = wish.wantsReceipt && (part <= 1 || !habits.firstPartOnly);
      const sar = habits.sar && part > 0;
      return {
        ...pdu,
        ...(sar ? withoutHeader(pdu, wish, part) : {}),
        esmClass: (sar ? 0 : pdu.esmClass) | (habits.storeAndForward ? 0x03 : 0),
        destinationAddr: habits.plus ? `+${pdu.destinationAddr}` : pdu.destinationAddr,
        registeredDelivery: (asked ? 1 : 0) | (asked && habits.intermediate ? 0x10 : 0),
        validityPeriod: habits.absoluteValidity ? (formatAbsolute(now() + validityMs) ?? '') : '',
      };
    },
  };
}

function withoutHeader(pdu: SubmitSm, wish: Wish, part: number): Pick<SubmitSm, 'shortMessage' | 'tlvs'> {
  const head = (pdu.shortMessage[0] as number) + 1;
  return {
    shortMessage: pdu.shortMessage.subarray(head),
    tlvs: [
      { tag: Tag.sarMsgRefNum, value: Buffer.from([0, pdu.shortMessage[3] as number]) },
      { tag: Tag.sarTotalSegments, value: Buffer.from([wish.parts]) },
      { tag: Tag.sarSegmentSeqnum, value: Buffer.from([part]) },
    ],
  };
}

/** A whole message (part 0), or one part of it from 1. */
export function submitOf(wish: Wish, part: number, reference: number): SubmitSm {
  const seconds = Math.ceil(wish.scheduleMs / 1000);
  return submitSm({
    sourceAddrTon: 5,
    sourceAddr: SENDER,
    destAddrTon: 1,
    destAddrNpi: 1,
    destinationAddr: wish.destination,
    registeredDelivery: wish.wantsReceipt ? 1 : 0,
    scheduleDeliveryTime:
      seconds === 0
        ? ''
        : `00000000${String(Math.floor(seconds / 60)).padStart(2, '0')}${String(seconds % 60).padStart(2, '0')}000R`,
    ...(part === 0 ? wholeText(wish) : partText(wish, part, reference)),
  });
}

function wholeText(wish: Wish): Pick<SubmitSm, 'shortMessage' | 'tlvs'> {
  const body = Buffer.from(wish.text, 'latin1');
  return body.length <= SHORT_OCTETS
    ? { shortMessage: body, tlvs: NO_TLVS }
    : { shortMessage: Buffer.alloc(0), tlvs: [{ tag: Tag.messagePayload, value: body }] };
}

function partText(wish: Wish, part: number, reference: number): Pick<SubmitSm, 'shortMessage' | 'esmClass'> {
  const head = buildUdh({ concat: { ref: reference, bits: 8, total: wish.parts, seq: part } });
  const text = wish.text.slice((part - 1) * wish.partOctets, part * wish.partOctets);
  return { esmClass: 0x40, shortMessage: Buffer.concat([head, Buffer.from(text, 'latin1')]) };
}

/** The same as data_sm: its text in message_payload only. */
export function dataOf(pdu: SubmitSm, wish: Wish): DataSm {
  const { sourceAddrTon, sourceAddrNpi, sourceAddr, destAddrTon, destAddrNpi, destinationAddr } = pdu;
  return {
    command: 'data_sm',
    commandId: CommandId.data_sm,
    status: 0,
    sequence: 0,
    serviceType: '',
    ...{ sourceAddrTon, sourceAddrNpi, sourceAddr, destAddrTon, destAddrNpi, destinationAddr },
    esmClass: 0,
    registeredDelivery: pdu.registeredDelivery,
    dataCoding: pdu.dataCoding,
    tlvs: [{ tag: Tag.messagePayload, value: Buffer.from(wish.text, 'latin1') }],
  };
}

/** Several wishes of the same text as one submit_multi. */
export function multiOf(wishes: readonly Wish[]): SubmitMulti {
  const { destAddrTon, destAddrNpi, destinationAddr: _, ...fields } = submitOf(wishes[0] as Wish, 0, 0);
  return {
    ...fields,
    command: 'submit_multi',
    commandId: CommandId.submit_multi,
    destinations: wishes.map(({ destination }) => ({
      destFlag: 1,
      destAddrTon,
      destAddrNpi,
      destinationAddr: destination,
    })),
  };
}

export function cancelOf(wish: Wish, id: string): CancelSm {
  return {
    command: 'cancel_sm',
    commandId: CommandId.cancel_sm,
    status: 0,
    sequence: 0,
    serviceType: '',
    messageId: id,
    sourceAddrTon: 5,
    sourceAddrNpi: 0,
    sourceAddr: SENDER,
    destAddrTon: 1,
    destAddrNpi: 1,
    destinationAddr: wish.destination,
    tlvs: NO_TLVS,
  };
}
