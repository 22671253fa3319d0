// Every reason for which something may not leave, with the command_status to answer and the words for a person
// (transparency §5.1; statuses SMPP 3.4 §5.1.3 and reference §1.9). A table; the decisions are in policy.ts.

/** Reason and status per denial code. The words explain the rule, never the message. */
export const DENIALS = {
  commandId: { status: 0x03, reason: 'this operation never leaves: only bind, submit_sm, enquire_link and unbind do' },
  protocolId: { status: 0x45, reason: 'protocol_id must be 0: other values hide, replace or steer into the SIM' },
  dataCoding: { status: 0x104, reason: 'data_coding must be 00, 01, 03 or 08 (04 with a binary contract)' },
  esmMode: { status: 0x43, reason: 'esm_class asks for datagram or transaction mode' },
  esmStoreAndForward: { status: 0x43, reason: 'esm_class 03 is not in the contract with this supplier' },
  esmType: { status: 0x43, reason: 'esm_class carries a message type; only plain messages leave' },
  replyPath: { status: 0x43, reason: 'esm_class asks for a reply path' },
  udhMalformed: { status: 0x45, reason: 'user data header does not fit its own length' },
  udhElement: { status: 0x45, reason: 'user data header element is not allowed' },
  udhPorts: { status: 0x45, reason: 'application ports are not allowed in the user data header' },
  udhRepeated: { status: 0x45, reason: 'user data header element stands twice' },
  udhNational: { status: 0x45, reason: 'national language tables need data_coding 00' },
  concatenation: { status: 0x45, reason: 'concatenation numbers are impossible or differ from the order' },
  sarAndUdh: { status: 0xc1, reason: 'sar_* parameters and a concatenation header exclude each other' },
  sarIncomplete: { status: 0xc3, reason: 'sar_* parameters must be given all three' },
  tlv: { status: 0xc1, reason: 'optional parameter is not allowed' },
  tlvPorts: { status: 0xc1, reason: 'application ports are not allowed as optional parameters' },
  tlvRepeated: { status: 0xc1, reason: 'optional parameter stands twice' },
  tlvLength: { status: 0xc2, reason: 'optional parameter has a wrong length' },
  messagePayload: { status: 0xc1, reason: 'message_payload is not in the contract with this supplier' },
  payloadAndShortMessage: { status: 0xc1, reason: 'message_payload needs sm_length 0' },
  schedule: { status: 0x61, reason: 'schedule_delivery_time must be empty: the platform schedules' },
  scheduleInPast: { status: 0x61, reason: 'schedule_delivery_time lies in the past' },
  validityInPast: { status: 0x62, reason: 'validity_period has ended, or ends before the schedule' },
  validity: { status: 0x62, reason: 'validity_period must be relative, from 5 minutes to 72 hours' },
  registeredDelivery: { status: 0x07, reason: 'registered_delivery asks for more than a final receipt' },
  priority: { status: 0x06, reason: 'priority_flag is not allowed' },
  replaceIfPresent: { status: 0x54, reason: 'replace_if_present_flag must be 0' },
  smDefaultMsgId: { status: 0x63, reason: 'sm_default_msg_id must be 0: no canned texts' },
  serviceType: { status: 0x15, reason: 'service_type is not allowed' },
  source: { status: 0x0a, reason: 'source address is not a registered sender of this account' },
  sourceForm: { status: 0x0a, reason: 'source address, TON or NPI has no allowed form' },
  destination: { status: 0x0b, reason: 'destination must be 7 to 15 digits of an international number' },
  destinationTon: { status: 0x50, reason: 'destination must have TON 1' },
  destinationNpi: { status: 0x51, reason: 'destination must have NPI 1' },
  addressMismatch: { status: 0x08, reason: 'addresses differ from the order' },
  contentEmpty: { status: 0x45, reason: 'message has no content' },
  contentBlank: { status: 0x45, reason: 'message has no visible character' },
  contentLength: { status: 0x01, reason: 'user data does not fit one segment' },
} as const satisfies Record<string, { status: number; reason: string }>;

/** Why something may not leave. */
export type DenyCode = keyof typeof DENIALS;
