// What the egress decisions look at and what they answer: plain data, no logic. The gateway fills SubmitFacts from a
// customer's PDU or HTTP request; the guard fills EmissionFacts by re-reading the bytes it is about to write.

import type { DenyCode } from './denyTable.ts';

/** Allowed, or the first reason against it. `status` is the SMPP command_status to answer; `reason` holds no personal data. */
export type Decision =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly code: DenyCode; readonly status: number; readonly reason: string };

/** The alphabet that a peer understands by data_coding 0 (reference R14). */
export type DefaultAlphabet = 'gsm' | 'latin1' | 'ascii';

/** A customer's submit after parsing, addresses normalised (numbering/address), times as instants. */
export type SubmitFacts = {
  readonly serviceType: string;
  /** E.164 digits without `+`. */
  readonly destinationAddr: string;
  /** The source address is one of the account's registered senders, or empty and the account has a default. */
  readonly sourceRegistered: boolean;
  readonly esmClass: number;
  readonly protocolId: number;
  readonly priorityFlag: number;
  /** Absolute or relative schedule as ms since the epoch; null: none given. */
  readonly scheduleAtMs: number | null;
  /** End of validity as ms since the epoch; null: none given. */
  readonly expiresAtMs: number | null;
  readonly registeredDelivery: number;
  readonly replaceIfPresentFlag: number;
  readonly dataCoding: number;
  readonly smDefaultMsgId: number;
  /** short_message or message_payload, UDH included. */
  readonly userData: Uint8Array;
  /** Tags of all optional parameters as received. */
  readonly tlvTags: readonly number[];
};

/** What the gateway does for this account before a message leaves. No value of it lets a denied item out. */
export type SubmitPolicy = {
  /** The account has a declared binary contract: data_coding 04, and 02 which leaves as 04. */
  readonly binary: boolean;
  /** Service types that the gateway drops; "" and "CMT" (plain cellular messaging) always pass. */
  readonly serviceTypes: readonly string[];
  /** The gateway itself carries out replace_if_present on its own queue. */
  readonly replacesPending: boolean;
  /** The gateway decodes ISO-8859-5 (06) and ISO-8859-8 (07) and sends them on as UCS-2. */
  readonly transcodes: boolean;
  /** Unknown optional parameters are ignored (SMPP 3.4 §3.3) or refused. They never leave either way. */
  readonly unknownTlvs: 'ignore' | 'refuse';
  /** The account's meaning of data_coding 0. */
  readonly defaultAlphabet: DefaultAlphabet;
};

/** The fields of one submit_sm exactly as they stand in its bytes. Mutable: one instance is filled again and again. */
export type EmissionFacts = {
  commandId: number;
  sequenceNumber: number;
  serviceType: string;
  sourceAddrTon: number;
  sourceAddrNpi: number;
  sourceAddr: string;
  destAddrTon: number;
  destAddrNpi: number;
  destinationAddr: string;
  esmClass: number;
  protocolId: number;
  priorityFlag: number;
  scheduleDeliveryTime: string;
  validityPeriod: string;
  registeredDelivery: number;
  replaceIfPresentFlag: number;
  dataCoding: number;
  smDefaultMsgId: number;
  smLength: number;
  /** The octets that hold the user data: short_message, or message_payload when that tag stands in the PDU. */
  bytes: Uint8Array;
  userDataStart: number;
  userDataEnd: number;
  /** Number of optional parameters, and their tags and value lengths in order; entries beyond the count are stale. */
  tlvCount: number;
  tlvTags: Uint16Array;
  tlvLengths: Uint16Array;
  /** Values of sar_msg_ref_num, sar_total_segments, sar_segment_seqnum; −1 when absent. */
  sarMsgRefNum: number;
  sarTotalSegments: number;
  sarSegmentSeqnum: number;
};

/** What the contract with a supplier adds. No value of it enables a denied item. */
export type EmissionPolicy = {
  /** A declared binary contract: data_coding 04. */
  readonly binary: boolean;
  /** Long bodies in message_payload, sm_length 0. */
  readonly messagePayload: boolean;
  /** The supplier needs esm_class 03/43 instead of 00/40. */
  readonly storeAndForward: boolean;
  /** The supplier's fixed service_type; WAP, USSD and voice-mail types stay denied. */
  readonly serviceType: string;
  /** The supplier's meaning of data_coding 0. */
  readonly defaultAlphabet: DefaultAlphabet;
};

/** What the order says about this PDU; the bytes have to agree with it. */
export type EmissionContext = {
  readonly sourceAddr: string;
  readonly destinationAddr: string;
  /** The source is registered for the order's account (token, or the bind's senders). */
  readonly sourceRegistered: boolean;
  /** This PDU's place among the message's PDUs, from 1. */
  readonly segment: number;
  readonly segmentTotal: number;
  /** `hasVisible` over the whole message: a single segment of a long message may be blank. */
  readonly contentVisible: boolean;
};
