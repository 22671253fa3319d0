// Makers of PDUs other than submit_sm and deliver_sm (pdu.ts), so that nobody writes command_ids by hand. Property order
// equals decode's.
import { CommandId, type CommandSpec, commandSpec } from './commands.ts';
import { emptyPdu } from './decodeBody.ts';
import {
  type Bind,
  type BindResp,
  type DataSm,
  type HeaderOnly,
  type MessageIdResp,
  NO_TLVS,
  type Pdu,
  type Tlv,
} from './pdu.ts';

/** The own response of a request with `status`, its number and an empty body; generic_nack for requests that have no response. */
export function response(request: Pdu, status: number): Pdu {
  const spec = commandSpec(request.commandId);
  const answer =
    spec === undefined || spec.isResponse || spec.responseId === 0 ? undefined : commandSpec(spec.responseId);
  return answer === undefined
    ? headerOnly('generic_nack', request.sequence, status)
    : emptyPdu(answer, status, request.sequence);
}

/** A PDU without a body. */
export function headerOnly(command: HeaderOnly['command'], sequence = 0, status = 0): HeaderOnly {
  return { command, commandId: CommandId[command], status, sequence, tlvs: NO_TLVS };
}

/** A response whose body is a message id: to submit_sm, deliver_sm (id ''), data_sm and broadcasts. */
export function messageIdResp(
  command: MessageIdResp['command'],
  sequence: number,
  status: number,
  messageId: string,
  tlvs: readonly Tlv[] = NO_TLVS,
): MessageIdResp {
  return { command, commandId: CommandId[command], status, sequence, messageId, tlvs };
}

/** A bind with defaults: interface_version 0x34, the rest empty. */
export function bind(command: Bind['command'], fields: Partial<Omit<Bind, 'command' | 'commandId'>>): Bind {
  return {
    command,
    commandId: CommandId[command],
    status: fields.status ?? 0,
    sequence: fields.sequence ?? 0,
    systemId: fields.systemId ?? '',
    password: fields.password ?? '',
    systemType: fields.systemType ?? '',
    interfaceVersion: fields.interfaceVersion ?? 0x34,
    addrTon: fields.addrTon ?? 0,
    addrNpi: fields.addrNpi ?? 0,
    addressRange: fields.addressRange ?? '',
    tlvs: fields.tlvs ?? NO_TLVS,
  };
}

/** The answer to a bind. */
export function bindResp(request: Bind, status: number, systemId: string, tlvs: readonly Tlv[] = NO_TLVS): BindResp {
  const command = `${request.command}_resp` as const;
  return { command, commandId: CommandId[command], status, sequence: request.sequence, systemId, tlvs };
}

/** A data_sm with defaults. */
export function dataSm(fields: Partial<Omit<DataSm, 'command' | 'commandId'>>): DataSm {
  return { ...(emptyPdu(commandSpec(CommandId.data_sm) as CommandSpec, 0, 0) as DataSm), ...fields };
}
