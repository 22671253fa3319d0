// What a customer reads in a receipt: the id it is for, and its octets without the number of this delivery.
import { type DeliverSm, tlvCString } from '../smpp/pdu.ts';
import { Tag } from '../smpp/tlvs.table.ts';

export function idOf(pdu: DeliverSm): string {
  return tlvCString(pdu, Tag.receiptedMessageId) ?? /^id:(\S+)/.exec(pdu.shortMessage.latin1Slice())?.[1] ?? '';
}

export function octetsOf(pdu: DeliverSm): Buffer {
  const head = `${pdu.sourceAddr}|${pdu.destinationAddr}|${pdu.esmClass}|${pdu.serviceType}|`;
  const tlvs = pdu.tlvs.map(({ tag, value }) => `${tag.toString(16)}=${value.toString('hex')}`).join(',');
  return Buffer.from(`${head}${pdu.shortMessage.toString('latin1')}|${tlvs}`, 'latin1');
}
