// A submit_sm as inert bytes for the egress tests: a good one, and places in it to overwrite. No encoder: the header and
// fields are a fixed template, so that the tests depend on nothing they test.

/** Where single-octet fields stand in the template. */
export const AT = {
  sourceTon: 17,
  sourceNpi: 18,
  destTon: 28,
  destNpi: 29,
  esmClass: 42,
  protocolId: 43,
  priorityFlag: 44,
  scheduleDeliveryTime: 45,
  validity: 46,
  registeredDelivery: 63,
  replaceIfPresentFlag: 64,
  dataCoding: 65,
  smDefaultMsgId: 66,
  smLength: 67,
} as const;

export const SOURCE = 'GLASPOST';
export const DESTINATION = '41790000001';

// Header, service_type "", source 5/0 GLASPOST, destination 1/1 41790000001, esm_class to priority_flag 0, no schedule,
// validity 000001000000000R, registered_delivery 1, then replace flag, data_coding, default message and sm_length 0.
const HEAD = Buffer.from(
  '00000000000000040000000000000001' +
    '000500474c4153504f53540001013431373930303030303031000000000030303030303130303030303030303052000100000000',
  'hex',
);

/** One optional parameter. */
export function tlv(tag: number, value: string): Buffer {
  const octets = Buffer.from(value, 'hex');
  const head = Buffer.alloc(4);
  head.writeUInt16BE(tag, 0);
  head.writeUInt16BE(octets.length, 2);
  return Buffer.concat([head, octets]);
}

/** The template with a body, optional parameters and overwritten octets. */
export function submitSm(
  shortMessage: string | Buffer,
  tlvs: readonly Buffer[] = [],
  octets: Record<number, number> = {},
): Buffer {
  const body = typeof shortMessage === 'string' ? Buffer.from(shortMessage, 'latin1') : shortMessage;
  const pdu = Buffer.concat([HEAD, body, ...tlvs]);
  pdu.writeUInt32BE(pdu.length, 0);
  pdu[AT.smLength] = body.length;
  for (const [at, value] of Object.entries(octets)) pdu[Number(at)] = value;
  return pdu;
}
