// Every TLV of SMPP 3.4 §5.3.2 and 5.0 §4.8: tag, type, permitted lengths and values, and which requests it belongs to
// (5.0 §4.2.4, §4.3.3, §4.4.1 and the tables of each PDU). Data and look-up only; Glaspost's own tags are in vendor.ts.

/** Tags by name. 0x020B is `dest_port` in 5.0; 0x0606 is `failed_broadcast_area_identifier` in an answer. */
export const Tag = Object.freeze({
  destAddrSubunit: 0x0005,
  destNetworkType: 0x0006,
  destBearerType: 0x0007,
  destTelematicsId: 0x0008,
  sourceAddrSubunit: 0x000d,
  sourceNetworkType: 0x000e,
  sourceBearerType: 0x000f,
  sourceTelematicsId: 0x0010,
  qosTimeToLive: 0x0017,
  payloadType: 0x0019,
  additionalStatusInfoText: 0x001d,
  receiptedMessageId: 0x001e,
  msMsgWaitFacilities: 0x0030,
  privacyIndicator: 0x0201,
  sourceSubaddress: 0x0202,
  destSubaddress: 0x0203,
  userMessageReference: 0x0204,
  userResponseCode: 0x0205,
  sourcePort: 0x020a,
  destinationPort: 0x020b,
  sarMsgRefNum: 0x020c,
  languageIndicator: 0x020d,
  sarTotalSegments: 0x020e,
  sarSegmentSeqnum: 0x020f,
  scInterfaceVersion: 0x0210,
  callbackNumPresInd: 0x0302,
  callbackNumAtag: 0x0303,
  numberOfMessages: 0x0304,
  callbackNum: 0x0381,
  dpfResult: 0x0420,
  setDpf: 0x0421,
  msAvailabilityStatus: 0x0422,
  networkErrorCode: 0x0423,
  messagePayload: 0x0424,
  deliveryFailureReason: 0x0425,
  moreMessagesToSend: 0x0426,
  messageState: 0x0427,
  congestionState: 0x0428,
  ussdServiceOp: 0x0501,
  broadcastChannelIndicator: 0x0600,
  broadcastContentType: 0x0601,
  broadcastContentTypeInfo: 0x0602,
  broadcastMessageClass: 0x0603,
  broadcastRepNum: 0x0604,
  broadcastFrequencyInterval: 0x0605,
  broadcastAreaIdentifier: 0x0606,
  broadcastErrorStatus: 0x0607,
  broadcastAreaSuccess: 0x0608,
  broadcastEndTime: 0x0609,
  broadcastServiceGroup: 0x060a,
  billingIdentification: 0x060b,
  sourceNetworkId: 0x060d,
  destNetworkId: 0x060e,
  sourceNodeId: 0x060f,
  destNodeId: 0x0610,
  destAddrNpResolution: 0x0611,
  destAddrNpInformation: 0x0612,
  destAddrNpCountry: 0x0613,
  displayTime: 0x1201,
  smsSignal: 0x1203,
  msValidity: 0x1204,
  alertOnMessageDelivery: 0x130c,
  itsReplyType: 0x1380,
  itsSessionInfo: 0x1383,
} as const);

export type TagName = keyof typeof Tag;

/** Groups of PDUs that take the same TLVs; bits. data_sm takes those of submit and of deliver. */
export const TlvGroup = {
  submit: 1,
  deliver: 2,
  broadcast: 4,
  queryBroadcast: 8,
  cancelBroadcast: 16,
  replace: 32,
  alert: 64,
  answer: 128,
  bindAnswer: 256,
} as const;

/** How a value is made; `bits` is one octet of flags, `digits` decimal ASCII digits without NUL. */
export type TlvType = 'u8' | 'u16' | 'u32' | 'bits' | 'octets' | 'cstring' | 'digits';

export interface TlvRow {
  readonly tag: number;
  readonly key: TagName;
  /** The standard's name. */
  readonly name: string;
  readonly type: TlvType;
  /** Octets of the value. `cstring` counts the NUL, which peers may leave away. */
  readonly minLength: number;
  readonly maxLength: number;
  /** True: only the two ends of the range are lengths, nothing between. */
  readonly onlyEnds: boolean;
  /** Values outside are refused. Only where such a value can mean nothing; reserved values pass. */
  readonly minValue: number;
  readonly maxValue: number;
  readonly since: 0x34 | 0x50;
  /** May stand more than once in a PDU (R23). */
  readonly repeatable: boolean;
  /** Bits of `TlvGroup`: where it is expected; elsewhere it is ignored (3.4 §3.3). */
  readonly groups: number;
}

interface Extras {
  readonly lengths?: 'ends';
  readonly repeatable?: boolean;
  readonly minValue?: number;
  readonly maxValue?: number;
}

function row(
  key: TagName,
  name: string,
  type: TlvType,
  minLength: number,
  maxLength: number,
  since: 0x34 | 0x50,
  groups: number,
  extras: Extras = {},
): TlvRow {
  return Object.freeze({
    tag: Tag[key],
    key,
    name,
    type,
    minLength,
    maxLength,
    onlyEnds: extras.lengths === 'ends',
    minValue: extras.minValue ?? 0,
    maxValue: extras.maxValue ?? 0xffff_ffff,
    since,
    repeatable: extras.repeatable ?? false,
    groups,
  });
}

const SUBMIT = TlvGroup.submit;
const DELIVER = TlvGroup.deliver;
const BROADCAST = TlvGroup.broadcast;
const ANSWER = TlvGroup.answer;
const BOTH_WAYS = SUBMIT | DELIVER;
const ANY = SUBMIT | DELIVER | BROADCAST;

/** In order of tag. */
export const TLV_TABLE: readonly TlvRow[] = Object.freeze([
  row('destAddrSubunit', 'dest_addr_subunit', 'u8', 1, 1, 0x34, ANY),
  row('destNetworkType', 'dest_network_type', 'u8', 1, 1, 0x34, SUBMIT),
  row('destBearerType', 'dest_bearer_type', 'u8', 1, 1, 0x34, SUBMIT),
  row('destTelematicsId', 'dest_telematics_id', 'u16', 2, 2, 0x34, SUBMIT),
  row('sourceAddrSubunit', 'source_addr_subunit', 'u8', 1, 1, 0x34, ANY),
  row('sourceNetworkType', 'source_network_type', 'u8', 1, 1, 0x34, SUBMIT),
  row('sourceBearerType', 'source_bearer_type', 'u8', 1, 1, 0x34, SUBMIT),
  row('sourceTelematicsId', 'source_telematics_id', 'u8', 1, 1, 0x34, SUBMIT),
  row('qosTimeToLive', 'qos_time_to_live', 'u32', 4, 4, 0x34, SUBMIT),
  row('payloadType', 'payload_type', 'u8', 1, 1, 0x34, ANY),
  row('additionalStatusInfoText', 'additional_status_info_text', 'cstring', 1, 256, 0x34, ANSWER),
  row('receiptedMessageId', 'receipted_message_id', 'cstring', 1, 65, 0x34, DELIVER),
  row('msMsgWaitFacilities', 'ms_msg_wait_facilities', 'bits', 1, 1, 0x34, SUBMIT),
  row('privacyIndicator', 'privacy_indicator', 'u8', 1, 1, 0x34, ANY),
  row('sourceSubaddress', 'source_subaddress', 'octets', 2, 23, 0x34, ANY),
  row('destSubaddress', 'dest_subaddress', 'octets', 2, 23, 0x34, ANY),
  row(
    'userMessageReference',
    'user_message_reference',
    'u16',
    2,
    2,
    0x34,
    ANY | TlvGroup.queryBroadcast | TlvGroup.cancelBroadcast,
  ),
  row('userResponseCode', 'user_response_code', 'u8', 1, 1, 0x34, BOTH_WAYS),
  row('sourcePort', 'source_port', 'u16', 2, 2, 0x34, ANY),
  row('destinationPort', 'destination_port', 'u16', 2, 2, 0x34, ANY),
  row('sarMsgRefNum', 'sar_msg_ref_num', 'u16', 2, 2, 0x34, BOTH_WAYS),
  row('languageIndicator', 'language_indicator', 'u8', 1, 1, 0x34, ANY),
  row('sarTotalSegments', 'sar_total_segments', 'u8', 1, 1, 0x34, BOTH_WAYS, { minValue: 1, maxValue: 255 }),
  row('sarSegmentSeqnum', 'sar_segment_seqnum', 'u8', 1, 1, 0x34, BOTH_WAYS, { minValue: 1, maxValue: 255 }),
  row('scInterfaceVersion', 'sc_interface_version', 'u8', 1, 1, 0x34, TlvGroup.bindAnswer),
  row('callbackNumPresInd', 'callback_num_pres_ind', 'bits', 1, 1, 0x34, ANY, { repeatable: true }),
  row('callbackNumAtag', 'callback_num_atag', 'octets', 0, 65, 0x34, ANY, { repeatable: true }),
  row('numberOfMessages', 'number_of_messages', 'u8', 1, 1, 0x34, SUBMIT, { minValue: 0, maxValue: 99 }),
  row('callbackNum', 'callback_num', 'octets', 4, 19, 0x34, ANY, { repeatable: true }),
  row('dpfResult', 'dpf_result', 'u8', 1, 1, 0x34, DELIVER | ANSWER),
  row('setDpf', 'set_dpf', 'u8', 1, 1, 0x34, SUBMIT),
  row('msAvailabilityStatus', 'ms_availability_status', 'u8', 1, 1, 0x34, TlvGroup.alert),
  row('networkErrorCode', 'network_error_code', 'octets', 3, 3, 0x34, DELIVER | ANSWER),
  row('messagePayload', 'message_payload', 'octets', 0, 65535, 0x34, ANY | TlvGroup.replace),
  row('deliveryFailureReason', 'delivery_failure_reason', 'u8', 1, 1, 0x34, ANSWER),
  row('moreMessagesToSend', 'more_messages_to_send', 'u8', 1, 1, 0x34, SUBMIT),
  row('messageState', 'message_state', 'u8', 1, 1, 0x34, DELIVER | ANSWER),
  row('congestionState', 'congestion_state', 'u8', 1, 1, 0x50, ANSWER),
  row('ussdServiceOp', 'ussd_service_op', 'u8', 1, 1, 0x34, BOTH_WAYS),
  row('broadcastChannelIndicator', 'broadcast_channel_indicator', 'u8', 1, 1, 0x50, BROADCAST),
  row('broadcastContentType', 'broadcast_content_type', 'octets', 3, 3, 0x50, BROADCAST | TlvGroup.cancelBroadcast),
  row('broadcastContentTypeInfo', 'broadcast_content_type_info', 'octets', 1, 255, 0x50, BROADCAST),
  row('broadcastMessageClass', 'broadcast_message_class', 'u8', 1, 1, 0x50, BROADCAST),
  row('broadcastRepNum', 'broadcast_rep_num', 'u16', 2, 2, 0x50, BROADCAST),
  row('broadcastFrequencyInterval', 'broadcast_frequency_interval', 'octets', 3, 3, 0x50, BROADCAST),
  row('broadcastAreaIdentifier', 'broadcast_area_identifier', 'octets', 1, 101, 0x50, BROADCAST | ANSWER, {
    repeatable: true,
  }),
  row('broadcastErrorStatus', 'broadcast_error_status', 'u32', 4, 4, 0x50, ANSWER, { repeatable: true }),
  row('broadcastAreaSuccess', 'broadcast_area_success', 'u8', 1, 1, 0x50, ANSWER, { repeatable: true }),
  row('broadcastEndTime', 'broadcast_end_time', 'cstring', 16, 17, 0x50, ANSWER),
  row('broadcastServiceGroup', 'broadcast_service_group', 'octets', 1, 255, 0x50, BROADCAST),
  row('billingIdentification', 'billing_identification', 'octets', 1, 1024, 0x50, SUBMIT),
  row('sourceNetworkId', 'source_network_id', 'cstring', 7, 65, 0x50, BOTH_WAYS),
  row('destNetworkId', 'dest_network_id', 'cstring', 7, 65, 0x50, BOTH_WAYS),
  row('sourceNodeId', 'source_node_id', 'digits', 6, 6, 0x50, BOTH_WAYS),
  row('destNodeId', 'dest_node_id', 'digits', 6, 6, 0x50, BOTH_WAYS),
  row('destAddrNpResolution', 'dest_addr_np_resolution', 'u8', 1, 1, 0x50, BOTH_WAYS),
  row('destAddrNpInformation', 'dest_addr_np_information', 'octets', 10, 10, 0x50, BOTH_WAYS),
  row('destAddrNpCountry', 'dest_addr_np_country', 'octets', 1, 5, 0x50, BOTH_WAYS),
  row('displayTime', 'display_time', 'u8', 1, 1, 0x34, SUBMIT | BROADCAST),
  row('smsSignal', 'sms_signal', 'u16', 2, 2, 0x34, SUBMIT | BROADCAST),
  row('msValidity', 'ms_validity', 'octets', 1, 4, 0x34, SUBMIT | BROADCAST, { lengths: 'ends' }),
  row('alertOnMessageDelivery', 'alert_on_message_delivery', 'octets', 0, 1, 0x34, SUBMIT | BROADCAST),
  row('itsReplyType', 'its_reply_type', 'u8', 1, 1, 0x34, BOTH_WAYS),
  row('itsSessionInfo', 'its_session_info', 'octets', 2, 2, 0x34, BOTH_WAYS),
]);

const byTag: ReadonlyMap<number, TlvRow> = new Map(TLV_TABLE.map((one) => [one.tag, one]));

/** The row of a tag; undefined for vendors' own (0x1400–0x3FFF) and unknown ones. */
export function tlvRow(tag: number): TlvRow | undefined {
  return byTag.get(tag);
}
