// Every bound of the system with the reason for its value (design, law 5.8). One block of exported constants per room;
// append a block at the end, keep units in the names. No logic here.

// numbering

/** Shortest E.164 number that may be a destination, in digits (transparency §5.1: 7–15 digits). */
export const E164_MIN_DIGITS = 7;
/** Longest E.164 number, in digits (ITU-T E.164 §6.2). */
export const E164_MAX_DIGITS = 15;
/** Alphanumeric senders: 11 septets fill the 10-octet address value (TS 23.040 §9.1.2.5). */
export const SENDER_MAX_SEPTETS = 11;
/** Short codes have 3 to 8 digits in practice; longer ones are taken for subscriber numbers. */
export const SHORT_CODE_MIN_DIGITS = 3;
export const SHORT_CODE_MAX_DIGITS = 8;

// egress

/** Shortest and longest validity that may leave, in seconds (transparency §5.1: 5 min … 72 h). */
export const VALIDITY_MIN_S = 300;
export const VALIDITY_MAX_S = 259_200;
/** A schedule this far in the past still means "now": clocks of customers differ; older ones are refused, in ms. */
export const SCHEDULE_GRACE_MS = 60_000;
/** User data of one segment, in octets, UDH included (TS 23.040 §9.2.3.24). */
export const SEGMENT_OCTETS = 140;
/** Optional parameters in one emitted PDU; the allow-list has five tags, none of them may be repeated. */
export const EMITTED_TLVS_MAX = 5;

// routing

/** Links in one route table: link indices fit 16 bits in packed reasons and refusal lists. */
export const ROUTE_LINKS_MAX = 4096;
/** Rules in one route table: keeps a compile below a second. */
export const ROUTE_RULES_MAX = 100_000;
/** Links in one rule: the weighted choice is quadratic in it and has to stay below a microsecond. */
export const ROUTE_RULE_LINKS_MAX = 16;

// queue

/** Segments of one message: the concatenation total is one octet (TS 23.040 §9.2.3.24.1). */
export const MESSAGE_SEGMENTS_MAX = 255;
/** Segments an account may send per turn in its lane: a few messages, so that a turn is short beside a window. */
export const LANE_QUANTUM_SEGMENTS = 16;
/** Segments of the normal lane for each segment of the bulk lane while both wait, so that bulk never starves. */
export const LANE_NORMAL_PER_BULK = 4;
/** Fastest contract rate of one link, in segments per second: bounds the pacer's ring (8 bytes each). */
export const PACER_RATE_MAX = 100_000;
