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

// session, driver

/** Window of one connection and direction: R5, beyond it no peer is known to gain. */
export const WINDOW_MAX = 1000;
/** Wrong requests before a bind: a scanner or a broken client, not worth a slot. */
export const MISUSE_BEFORE_BIND_MAX = 5;
/** Unreadable PDUs within `BAD_PDU_SPAN_MS` that end a session: its stream can no longer be trusted (R23). */
export const BAD_PDUS_MAX = 3;
export const BAD_PDU_SPAN_MS = 60_000;
/** A late response is still taken for this many response timers after its request. */
export const LATE_FACTOR = 10;
/** Largest command_length that is read: message_payload of 65,535 octets and the fields around it. */
export const PDU_BYTES_MAX = 70_000;
/** Bytes waiting for one socket above which nothing more is read from it, so that answers cannot pile up. */
export const WAITING_BYTES_MAX = 1_048_576;
/** An output buffer that grew beyond this is given back after its turn; thousands of idle peers must stay small. */
export const OUTPUT_KEEP_BYTES = 65_536;
/** Addresses and system_ids whose failed binds are remembered. */
export const BIND_FAILURES_KEPT = 10_000;
/** Longest delay of the answer to a failed bind, and failures within a minute after which an address is not checked at all. */
export const BIND_DELAY_MAX_MS = 5_000;
export const BIND_FAILURES_PER_MINUTE = 20;
/** Share of its contract rate that a link regains each second after a throttle (reference §1.6, R10). */
export const THROTTLE_CLIMB_PER_S = 0.05;
/** Pause after a throttle answer, in ms, varied by ±20 % (R10). */
export const THROTTLE_PAUSE_MS = 1000;
/** A link that is throttled this long without one accepted message is stalled: alarm and fail-over (R10). */
export const THROTTLE_STALL_MS = 60_000;
/** RMSGQFUL from so many destinations within the window means the whole store is full (R10). */
export const FULL_STORE_DESTINATIONS = 5;
export const FULL_STORE_WINDOW_MS = 5000;
/** Counted tries over one route before the next one (reference §1.9, verdict "few"). */
export const FEW_TRIES = 3;
/** Longest distance between two tries of one message, in ms: R10 doubles up to it. */
export const RETRY_DELAY_MAX_MS = 600_000;
/** Tries of one message over all routes: a message that nobody takes must not circle until its validity ends. */
export const ATTEMPTS_MAX = 20;
