// Every PDU of SMPP 3.3, 3.4 and 5.0 as one table: number, name, version, who sends it, the fields of its body in the order
// of the wire, and its TLVs. Decode and encode follow it; nothing here reads or writes an octet.
import type { CommandName } from './pdu.ts';
import { Status } from './status.table.ts';
import { Tag, TlvGroup } from './tlvs.table.ts';

/** command_id by standard name (SMPP 3.4 §5.1.2.1, 5.0 §4.7.5). */
export const CommandId = Object.freeze({
  bind_receiver: 0x00000001,
  bind_receiver_resp: 0x80000001,
  bind_transmitter: 0x00000002,
  bind_transmitter_resp: 0x80000002,
  query_sm: 0x00000003,
  query_sm_resp: 0x80000003,
  submit_sm: 0x00000004,
  submit_sm_resp: 0x80000004,
  deliver_sm: 0x00000005,
  deliver_sm_resp: 0x80000005,
  unbind: 0x00000006,
  unbind_resp: 0x80000006,
  replace_sm: 0x00000007,
  replace_sm_resp: 0x80000007,
  cancel_sm: 0x00000008,
  cancel_sm_resp: 0x80000008,
  bind_transceiver: 0x00000009,
  bind_transceiver_resp: 0x80000009,
  outbind: 0x0000000b,
  enquire_link: 0x00000015,
  enquire_link_resp: 0x80000015,
  submit_multi: 0x00000021,
  submit_multi_resp: 0x80000021,
  alert_notification: 0x00000102,
  data_sm: 0x00000103,
  data_sm_resp: 0x80000103,
  broadcast_sm: 0x00000111,
  broadcast_sm_resp: 0x80000111,
  query_broadcast_sm: 0x00000112,
  query_broadcast_sm_resp: 0x80000112,
  cancel_broadcast_sm: 0x00000113,
  cancel_broadcast_sm_resp: 0x80000113,
  generic_nack: 0x80000000,
} as const satisfies Record<CommandName, number>);

/**
 * 3.3 only; 3.4 dropped them. Their bodies are not read: they are answered with generic_nack 0x03 like any unknown
 * command (R6).
 */
export const OldCommandId = Object.freeze({
  param_retrieve: 0x00000022,
  param_retrieve_resp: 0x80000022,
  query_last_msgs: 0x00000023,
  query_last_msgs_resp: 0x80000023,
  query_msg_details: 0x00000024,
  query_msg_details_resp: 0x80000024,
} as const);

/** Bit 31: the PDU answers another. */
export const RESPONSE_BIT = 0x80000000;

/**
 * u8, u32. cstring: at most `max` octets with its NUL. time: '' or 16 characters that must be a time (R18). date: as time
 * but whatever the peer wrote, '' to 16 characters. message: sm_length and that many octets. destinations, unsuccess: the
 * lists of submit_multi and of its answer.
 */
export type FieldKind = 'u8' | 'u32' | 'cstring' | 'time' | 'date' | 'message' | 'destinations' | 'unsuccess';

export interface FieldSpec {
  /** Property of the PDU, which is the standard's name in camelCase. */
  readonly name: string;
  readonly kind: FieldKind;
  /** Octets with NUL; 0 where that has no meaning. */
  readonly max: number;
  /** command_status for a value that is too long or has bad characters. */
  readonly status: number;
}

export interface CommandSpec {
  readonly id: number;
  readonly name: CommandName;
  /** The first version that has it. */
  readonly since: 0x33 | 0x34 | 0x50;
  /** Who may send it. */
  readonly sender: 'esme' | 'mc' | 'both';
  readonly isResponse: boolean;
  /** command_id that answers it; 0 for responses and for requests without an answer (outbind, alert_notification). */
  readonly responseId: number;
  readonly fields: readonly FieldSpec[];
  /** Bits of `TlvGroup` whose TLVs are expected. */
  readonly groups: number;
  /** Tags that must be there. */
  readonly requiredTags: readonly number[];
}

function field(name: string, kind: FieldKind, max: number, status: number): FieldSpec {
  return Object.freeze({ name, kind, max, status });
}

const u8 = (name: string): FieldSpec => field(name, 'u8', 0, Status.ESME_RINVCMDLEN);
const text = (name: string, max: number, status: number): FieldSpec => field(name, 'cstring', max, status);

const serviceType = text('serviceType', 6, Status.ESME_RINVSERTYP);
const messageId = text('messageId', 65, Status.ESME_RINVMSGID);
const systemId = text('systemId', 16, Status.ESME_RINVSYSID);
const password = text('password', 9, Status.ESME_RINVPASWD);
const source = [u8('sourceAddrTon'), u8('sourceAddrNpi'), text('sourceAddr', 21, Status.ESME_RINVSRCADR)];
const longSource = [u8('sourceAddrTon'), u8('sourceAddrNpi'), text('sourceAddr', 65, Status.ESME_RINVSRCADR)];
const destination = [u8('destAddrTon'), u8('destAddrNpi'), text('destinationAddr', 21, Status.ESME_RINVDSTADR)];
const longDestination = [u8('destAddrTon'), u8('destAddrNpi'), text('destinationAddr', 65, Status.ESME_RINVDSTADR)];
const times = [
  field('scheduleDeliveryTime', 'time', 17, Status.ESME_RINVSCHED),
  field('validityPeriod', 'time', 17, Status.ESME_RINVEXPIRY),
];
// NULL by the letter (3.4 §4.6.1); a supplier's odd time must not cost a receipt.
const dates = [
  field('scheduleDeliveryTime', 'date', 17, Status.ESME_RINVSCHED),
  field('validityPeriod', 'date', 17, Status.ESME_RINVEXPIRY),
];
const shortMessage = field('shortMessage', 'message', 255, Status.ESME_RINVMSGLEN);

function message(timeFields: readonly FieldSpec[]): readonly FieldSpec[] {
  return [
    u8('esmClass'),
    u8('protocolId'),
    u8('priorityFlag'),
    ...timeFields,
    u8('registeredDelivery'),
    u8('replaceIfPresentFlag'),
    u8('dataCoding'),
    u8('smDefaultMsgId'),
    shortMessage,
  ];
}

const bind = [
  systemId,
  password,
  text('systemType', 13, Status.ESME_RINVSYSTYP),
  u8('interfaceVersion'),
  u8('addrTon'),
  u8('addrNpi'),
  text('addressRange', 41, Status.ESME_RBINDFAIL),
];

interface Extras {
  readonly groups?: number;
  readonly requiredTags?: readonly number[];
  readonly unanswered?: true;
}

function command(
  name: CommandName,
  since: CommandSpec['since'],
  sender: CommandSpec['sender'],
  fields: readonly FieldSpec[],
  extras: Extras = {},
): CommandSpec {
  const id = CommandId[name];
  const isResponse = id >= RESPONSE_BIT;
  return Object.freeze({
    id,
    name,
    since,
    sender,
    isResponse,
    responseId: isResponse || extras.unanswered === true ? 0 : id + RESPONSE_BIT,
    fields: Object.freeze(fields),
    groups: extras.groups ?? (isResponse ? TlvGroup.answer : 0),
    requiredTags: Object.freeze(extras.requiredTags ?? []),
  });
}

const broadcastTags = [
  Tag.broadcastAreaIdentifier,
  Tag.broadcastContentType,
  Tag.broadcastRepNum,
  Tag.broadcastFrequencyInterval,
];
const bindAnswer = { groups: TlvGroup.bindAnswer | TlvGroup.answer };

/** In order of command_id, each request before its response. */
export const COMMAND_TABLE: readonly CommandSpec[] = Object.freeze([
  command('bind_receiver', 0x33, 'esme', bind),
  command('bind_receiver_resp', 0x33, 'mc', [systemId], bindAnswer),
  command('bind_transmitter', 0x33, 'esme', bind),
  command('bind_transmitter_resp', 0x33, 'mc', [systemId], bindAnswer),
  command('query_sm', 0x33, 'esme', [messageId, ...source]),
  command('query_sm_resp', 0x33, 'mc', [
    messageId,
    field('finalDate', 'date', 17, Status.ESME_RQUERYFAIL),
    u8('messageState'),
    u8('errorCode'),
  ]),
  command('submit_sm', 0x33, 'esme', [serviceType, ...source, ...destination, ...message(times)], {
    groups: TlvGroup.submit,
  }),
  command('submit_sm_resp', 0x33, 'mc', [messageId]),
  command('deliver_sm', 0x33, 'mc', [serviceType, ...source, ...destination, ...message(dates)], {
    groups: TlvGroup.deliver,
  }),
  command('deliver_sm_resp', 0x33, 'esme', [messageId]),
  command('unbind', 0x33, 'both', []),
  command('unbind_resp', 0x33, 'both', []),
  command(
    'replace_sm',
    0x33,
    'esme',
    [messageId, ...source, ...times, u8('registeredDelivery'), u8('smDefaultMsgId'), shortMessage],
    {
      groups: TlvGroup.replace,
    },
  ),
  command('replace_sm_resp', 0x33, 'mc', []),
  command('cancel_sm', 0x33, 'esme', [serviceType, messageId, ...source, ...destination]),
  command('cancel_sm_resp', 0x33, 'mc', []),
  command('bind_transceiver', 0x34, 'esme', bind),
  command('bind_transceiver_resp', 0x34, 'mc', [systemId], bindAnswer),
  command('outbind', 0x34, 'mc', [systemId, password], { unanswered: true }),
  command('enquire_link', 0x33, 'both', []),
  command('enquire_link_resp', 0x33, 'both', []),
  command(
    'submit_multi',
    0x33,
    'esme',
    [serviceType, ...source, field('destinations', 'destinations', 0, Status.ESME_RINVNUMDESTS), ...message(times)],
    { groups: TlvGroup.submit },
  ),
  command('submit_multi_resp', 0x33, 'mc', [
    messageId,
    field('unsuccessSmes', 'unsuccess', 0, Status.ESME_RINVNUMDESTS),
  ]),
  command(
    'alert_notification',
    0x34,
    'mc',
    [...longSource, u8('esmeAddrTon'), u8('esmeAddrNpi'), text('esmeAddr', 65, Status.ESME_RINVDSTADR)],
    { groups: TlvGroup.alert, unanswered: true },
  ),
  command(
    'data_sm',
    0x34,
    'both',
    [serviceType, ...longSource, ...longDestination, u8('esmClass'), u8('registeredDelivery'), u8('dataCoding')],
    {
      groups: TlvGroup.submit | TlvGroup.deliver,
    },
  ),
  command('data_sm_resp', 0x34, 'both', [messageId]),
  command(
    'broadcast_sm',
    0x50,
    'esme',
    [
      serviceType,
      ...source,
      messageId,
      u8('priorityFlag'),
      ...times,
      u8('replaceIfPresentFlag'),
      u8('dataCoding'),
      u8('smDefaultMsgId'),
    ],
    { groups: TlvGroup.broadcast, requiredTags: broadcastTags },
  ),
  command('broadcast_sm_resp', 0x50, 'mc', [messageId]),
  command('query_broadcast_sm', 0x50, 'esme', [messageId, ...source], { groups: TlvGroup.queryBroadcast }),
  command('query_broadcast_sm_resp', 0x50, 'mc', [messageId]),
  command('cancel_broadcast_sm', 0x50, 'esme', [serviceType, messageId, ...source], {
    groups: TlvGroup.cancelBroadcast,
  }),
  command('cancel_broadcast_sm_resp', 0x50, 'mc', []),
  command('generic_nack', 0x33, 'both', []),
]);

const byId: ReadonlyMap<number, CommandSpec> = new Map(COMMAND_TABLE.map((one) => [one.id, one]));

/** The row of a command_id; undefined for unknown, vendor and 3.3-only ones. */
export function commandSpec(id: number): CommandSpec | undefined {
  return byId.get(id);
}
