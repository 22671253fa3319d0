// The allow-list of transparency §5.1 as data: what is not in these tables does not leave. Values only, no decisions.

/** command_ids that the guard may emit: requests, then responses (transparency §5.1, first row). */
export const EMITTABLE_COMMANDS: ReadonlySet<number> = new Set([
  0x00000001, 0x00000002, 0x00000009, 0x00000004, 0x00000006, 0x00000015, 0x80000005, 0x80000006, 0x80000015,
  0x80000103, 0x80000000,
]);

/** data_coding: GSM default, ASCII, Latin-1, UCS-2; 04 is added by a binary contract only. */
export const DATA_CODING_GSM = 0x00;
export const DATA_CODING_ASCII = 0x01;
export const DATA_CODING_LATIN1 = 0x03;
export const DATA_CODING_BINARY = 0x04;
export const DATA_CODING_UCS2 = 0x08;

/** data_coding that a customer may send because it leaves as another one: 02 as 04, 06 and 07 as 08. */
export const DATA_CODING_OCTETS_OLD = 0x02;
export const DATA_CODING_CYRILLIC = 0x06;
export const DATA_CODING_HEBREW = 0x07;

/** The five optional parameters that may leave (reference §1.8), with their value length; 0: any length. */
export const TLV_USER_MESSAGE_REFERENCE = 0x0204;
export const TLV_SAR_MSG_REF_NUM = 0x020c;
export const TLV_SAR_TOTAL_SEGMENTS = 0x020e;
export const TLV_SAR_SEGMENT_SEQNUM = 0x020f;
export const TLV_MESSAGE_PAYLOAD = 0x0424;
export const TLV_SOURCE_PORT = 0x020a;
export const TLV_DESTINATION_PORT = 0x020b;

/**
 * Optional parameters that change what a submit means, so that a customer who sends one is told no instead of having it
 * dropped. All others outside the five are unknown or meaningless in a submit (SMPP 3.4 §3.3). more_messages_to_send
 * (0x0426) is not among them: Kannel sets it on every part but the last, and as a hint about the sender's queue it means
 * nothing once the guard makes the segments. It is dropped like the unknown ones and never emitted.
 */
export const DENIED_SUBMIT_TLVS: ReadonlySet<number> = new Set([
  0x0005, 0x0006, 0x0007, 0x0008, 0x000d, 0x000e, 0x000f, 0x0010, 0x0017, 0x0019, 0x0030, 0x0201, 0x0202, 0x0203,
  0x0205, 0x020a, 0x020b, 0x020d, 0x0302, 0x0303, 0x0304, 0x0381, 0x0421, 0x0501, 0x1201, 0x1203, 0x1204, 0x130c,
  0x1380, 0x1383,
]);

/** Service types that reach WAP, USSD, voice-mail or paging; denied whatever a contract says. */
export const DENIED_SERVICE_TYPES: ReadonlySet<string> = new Set(['WAP', 'USSD', 'VMN', 'VMA', 'CPT', 'CBS', 'GUTS']);

/** User data header elements (TS 23.040 §9.2.3.24). */
export const IE_CONCAT_8 = 0x00;
export const IE_CONCAT_16 = 0x08;
export const IE_PORTS_8 = 0x04;
export const IE_PORTS_16 = 0x05;
export const IE_SINGLE_SHIFT = 0x24;
export const IE_LOCKING_SHIFT = 0x25;
