// Requests of customers about what they submitted, as PDUs.
import { CommandId } from '../../src/smpp/commands.ts';
import { NO_TLVS, type Pdu, type Tlv } from '../../src/smpp/pdu.ts';

export function queryPdu(messageId: string, sourceAddr = 'INFO'): Pdu {
  return {
    command: 'query_sm',
    commandId: CommandId.query_sm,
    status: 0,
    sequence: 0,
    messageId,
    sourceAddrTon: 5,
    sourceAddrNpi: 0,
    sourceAddr,
    tlvs: NO_TLVS,
  };
}

export function cancelPdu(messageId: string, sourceAddr = 'INFO', destinationAddr = '', serviceType = ''): Pdu {
  return {
    command: 'cancel_sm',
    commandId: CommandId.cancel_sm,
    status: 0,
    sequence: 0,
    serviceType,
    messageId,
    sourceAddrTon: 5,
    sourceAddrNpi: 0,
    sourceAddr,
    destAddrTon: 1,
    destAddrNpi: 1,
    destinationAddr,
    tlvs: NO_TLVS,
  };
}

interface Times {
  readonly scheduleDeliveryTime: string;
  readonly validityPeriod: string;
}

export function replacePdu(messageId: string, text: string, times: Partial<Times> = {}): Pdu {
  return {
    command: 'replace_sm',
    commandId: CommandId.replace_sm,
    status: 0,
    sequence: 0,
    messageId,
    sourceAddrTon: 5,
    sourceAddrNpi: 0,
    sourceAddr: 'INFO',
    scheduleDeliveryTime: times.scheduleDeliveryTime ?? '',
    validityPeriod: times.validityPeriod ?? '',
    registeredDelivery: 1,
    smDefaultMsgId: 0,
    shortMessage: Buffer.from(text, 'latin1'),
    tlvs: NO_TLVS,
  };
}

export function multiPdu(
  destinations: readonly string[],
  fields: { readonly scheduleDeliveryTime?: string; readonly tlvs?: readonly Tlv[] } = {},
): Pdu {
  return {
    command: 'submit_multi',
    commandId: CommandId.submit_multi,
    status: 0,
    sequence: 0,
    serviceType: '',
    sourceAddrTon: 5,
    sourceAddrNpi: 0,
    sourceAddr: 'INFO',
    destinations: destinations.map((destinationAddr) => ({
      destFlag: 1,
      destAddrTon: 1,
      destAddrNpi: 1,
      destinationAddr,
    })),
    esmClass: 0,
    protocolId: 0,
    priorityFlag: 0,
    scheduleDeliveryTime: '',
    validityPeriod: '',
    registeredDelivery: 1,
    replaceIfPresentFlag: 0,
    dataCoding: 0,
    smDefaultMsgId: 0,
    shortMessage: Buffer.from('all of you'),
    tlvs: NO_TLVS,
    ...fields,
  };
}
