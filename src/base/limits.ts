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

// journal, spill

/** A gathering batch starts when its first record has waited this long: halves CPU per message at part load, same p99. */
export const GATHER_MS = 2;
/** A batch of this size starts at once: larger ones gain nothing per octet and lengthen every later commit. */
export const GATHER_BYTES = 262_144;
/** No start for this long means low rates: the first record goes at the end of its turn, nobody else comes to share its sync. */
export const GATHER_IDLE_MS = 8;
/** Batches under way when each is full: one syncs, the next are queued, more would only use memory. */
export const BATCHES_IN_FLIGHT_MAX = 4;
/** Octets that gather behind a slow disk before new work is refused: some 25,000 records, a second of the fastest load. */
export const GATHER_BACKLOG_BYTES = 8_388_608;
/** Between two tries to store on a full disk: often enough for an operator who watches, seldom enough for the disk. */
export const FULL_RETRY_MS = 250;
/** Buffers that a burst made larger than this are given back. */
export const BATCH_KEEP_BYTES = 1_048_576;
/** Ended batches go to the journal at least this often, and in groups of this size: one thread message for many. */
export const ENDS_FLUSH_MS = 500;
export const ENDS_FLUSH_BATCHES = 16;
/** Dead batches are trimmed in groups of this many, or at the owner's next look: one thread message for many. */
export const TRIM_FLUSH_BATCHES = 64;
/** Below this the log is not cleaned: it is read in well under a second. */
export const CLEAN_LOG_MIN_BYTES = 8_388_608;
/** Live records written again per look (about once a second): a few per cent of the load. */
export const CLEAN_PORTION_RECORDS = 2_000;
/** A batch whose records still live this long after it was named is named again. */
export const CLEAN_OFFER_AGAIN_MS = 10_000;
/** A secret that ended this long ago beside live ones: they are sealed anew, so that all ended ones are gone within 120 s. */
export const SECRETS_MIXED_MS = 60_000;
/** From `endSecrets` to the synced overwriting of the key. */
export const SECRETS_END_MS = 5_000;
/** Journal slots per file: slot and seq share one 53-bit row number. */
export const JOURNAL_SLOTS_MAX = 4_096;

// sms

/** Octets of a receipt text: what short_message holds in every edition (SMPP 3.4 §4.6.1). */
export const RECEIPT_OCTETS_MAX = 254;
/** Characters of an `err:` value that are kept: supplier tables know no longer ones. */
export const RECEIPT_ERR_MAX = 16;
/** Sets of parts that may wait for their rest, over all customers: each costs under a kilobyte besides its text. */
export const JOIN_OPEN_SETS_MAX = 50_000;
/** Octets of text held for reassembly: the largest open sets together stay a small part of a process's memory. */
export const JOIN_OCTETS_MAX = 33_554_432;
/** Time until an incomplete set of customer-made parts is given up: parts of one message are sent within seconds. */
export const JOIN_WAIT_MS = 300_000;
/** Time for which a complete set knows its parts again: longer than any customer's response timer. */
export const JOIN_REMEMBER_MS = 120_000;

// tlog

/** Octets of one log entry: bundles write its length in 16 bits (C2SP tlog-tiles). */
export const LEAF_OCTETS_MAX = 65_535;
/** Octets of a signed change note inside a CHANGE entry. */
export const LEAF_CHANGE_OCTETS_MAX = 8192;
/** Records of one RESULT or DLR entry, so that an opening's path stays at ten hashes. */
export const LEAF_RECORDS_MAX = 1024;

// smpp

/** A connection's input buffer that grew beyond this is given back once it is empty; thousands of idle peers must stay small. */
export const FRAME_KEEP_BYTES = 16_384;
/** Longest system_id, password, system_type and address_range read from a bind, in characters: real peers exceed 3.4's lengths (R2). */
export const BIND_FIELD_MAX_CHARS = 64;
/** TLVs in one PDU; submit_multi and broadcast_sm need at most 255 and some. Bounds the search for repeated tags. */
export const PDU_TLVS_MAX = 512;

// http (host)

/** One request's body: a batch of 1,000 messages with texts of a few kilobytes, as JSON. */
export const HTTP_BODY_MAX_BYTES = 8 * 1024 * 1024;
/** Connections of one HTTP listener: a file descriptor and about 20 KiB each. */
export const HTTP_CONNECTIONS_MAX = 5000;
/** A request's headers, and the whole of it: longer is a slow-loris attack or a dead client. */
export const HTTP_HEADERS_TIMEOUT_MS = 10_000;
export const HTTP_REQUEST_TIMEOUT_MS = 60_000;
/** An idle connection: longer than the 60 s that load balancers usually keep theirs. */
export const HTTP_KEEP_ALIVE_MS = 65_000;
/** At a stop, requests in work may end within this. */
export const HTTP_CLOSE_WAIT_MS = 5_000;
/** Connections to one webhook host; a slow one must not take all descriptors. */
export const WEBHOOK_CONNECTIONS_MAX = 32;
/** Octets of a webhook's answer that are read before the connection is given up. */
export const WEBHOOK_ANSWER_MAX_BYTES = 65_536;

// guard

/** How long a receipt waits for the answer that names its id (R25); 120 s covers the slowest suppliers seen. */
export const PARKED_MS = 120_000;
/** Receipts parked at a time: at 10,000/s that is ten seconds of receipts that all come too early; above it suppliers repeat. */
export const PARKED_MAX = 100_000;
/** An op is answered from its record this long after its validity (design §3). */
export const OP_KEPT_MS = 72 * 3_600_000;
/** Bind mode: how long after the validity a receipt is awaited, unless configured (design §5 law 4). */
export const BIND_GRACE_MS = 24 * 3_600_000;
/** Orders looked at per tick, 20 ticks a second, for one that is due: all of memory in some 15 seconds, a tick in 10 to 50 µs. */
export const DUE_STEP_ORDERS = 500;
/** Orders brought back from run files at a time because they are due. */
export const DUE_PAGE_ORDERS = 200;
/** A receipt finds its message this long after the submit. */
export const CORRELATION_KEPT_MS = 7 * 86_400_000;
/** Orders looked at per cleaning step, 20 steps a second: 30,000 orders a second, and a step stays below about 10 ms. */
export const CLEAN_STEP_ORDERS = 1500;
/** Mobile-originated messages that wait for their upstream; above it suppliers keep them. */
export const MO_WAITING_MAX = 100_000;
/** Customer-made parts of other gateways that wait for the rest of their message, and how long (design §3). */
export const PART_SETS_MAX = 10_000;
export const PART_SETS_BYTES_MAX = 16_777_216;
export const PART_WAIT_MS = 300_000;

// api

/** Messages in one batch: their answer is one response, and one batch must not hold the loop for long. */
export const API_BATCH_MAX = 1_000;
/** One request's body as the API takes it: a batch of 1,000 messages of 600 characters. */
export const API_BODY_MAX_BYTES = 1_048_576;
/** UTF-16 units of one text: 255 segments of 153 septets hold no more. */
export const API_TEXT_MAX = 39_015;
/** Hex digits of one binary message: 255 segments of 134 octets. */
export const API_BINARY_HEX_MAX = 68_340;
/** Characters of a customer's reference and of a credit's: they are kept with each message. */
export const API_REFERENCE_MAX = 64;
/** Faults listed in one problem: enough to mend a request, small enough to read. */
export const API_ERRORS_MAX = 32;
/** Rows of one page of a list, and how many come when nothing is said. */
export const API_PAGE_MAX = 200;
export const API_PAGE_DEFAULT = 50;
/** Life of a cursor: a listing takes minutes; an old cursor is a saved one. */
export const API_CURSOR_MS = 86_400_000;
/** Characters of an Idempotency-Key (reference §8.4). */
export const API_KEY_MAX = 255;

// gateway

/**
 * A page of letters of open messages: holds the longest letter (65,535 octets of text and what is around it), about a thousand
 * usual ones, and is stored away or brought back in well under a millisecond.
 */
export const LETTER_PAGE_BYTES = 262_144;

/** Destinations of one submit_multi (SMPP 5.0 §4.2.2.1: 255; 3.4 §5.2.24: 254): so many messages may have one id. */
export const MULTI_DESTINATIONS_MAX = 255;

/** Purposes that messages of one gateway may name, ever: a message carries its purpose's number in one octet. */
export const PURPOSES_MAX = 255;

// guard, clocks

/** Clocks of gateway and guard this far apart are told: no order is under way so long, and NTP keeps them within a second. */
export const CLOCKS_APART_MS = 60_000;
/** Between two lines of the log about it. */
export const CLOCKS_TELL_MS = 600_000;

// gateway, times that customers name

/** Longest validity that is taken; more is cut to it over SMPP. What is older helps nobody, and its money would stay held. */
export const CUSTOMER_VALIDITY_MAX_MS = 7 * 86_400_000;
/** Shortest one over HTTP: below it nothing could leave in time. */
export const CUSTOMER_VALIDITY_MIN_MS = 1000;
/** Latest schedule: as long do messages wait with their price held. */
export const SCHEDULE_MAX_MS = 30 * 86_400_000;

// gateway, what it keeps for customers

/** References of submits remembered in one instance; beyond it the oldest go. */
export const DUPLICATES_KNOWN_MAX = 200_000;
/** Idempotency keys of one instance; beyond it the oldest go. */
export const IDEMPOTENCY_KEYS_MAX = 500_000;
/** How long a key is known: customers repeat a request within minutes, a job of theirs within a day. */
export const IDEMPOTENCY_KEPT_MS = 24 * 3_600_000;
/** How long a terminal receipt is offered (R27: at least 72 h); then it stays in the history alone. */
export const RECEIPT_OFFERED_MS = 7 * 86_400_000;
/** Open sets of customers' parts in one instance: a customer who never completes must not fill memory. */
export const CUSTOMER_PART_SETS_MAX = 100_000;
/** Connections that have not bound, and new ones per second: a flood of them must not touch bound customers. */
export const CUSTOMERS_UNBOUND_MAX = 10_000;
export const CUSTOMERS_ACCEPTED_PER_SECOND = 2000;
/** A webhook's answer: an endpoint has this long to store what it got. */
export const WEBHOOK_TIMEOUT_MS = 15_000;
/** Webhooks under way per account: one slow endpoint must not hold the sockets of all. */
export const WEBHOOK_IN_FLIGHT_MAX = 16;
/** MO that wait in one instance for their customers; beyond it the guard keeps them. */
export const MO_OPEN_MAX = 200_000;
/** MO remembered after they were handed on, to know a repetition. */
export const MO_SEEN_MAX = 20_000;
/** How long an MO is offered: as long as a receipt. */
export const MO_OFFERED_MS = 7 * 86_400_000;
/** How long to wait for missing parts of an MO (R16 allows 24 h; customers want the text sooner than that), and open sets. */
export const MO_JOIN_WAIT_MS = 15 * 60_000;
export const MO_JOIN_SETS_MAX = 10_000;

// guard, its memory

/** Messages of bind mode that wait to become orders, per link: a second or so of a fast link. Above it the gateway is throttled. */
export const PARTS_OUT_WAITING_MAX = 5000;
/** Orders in the journal above which the oldest go to run files: about 100 MB and a second or two of a restart. */
export const JOURNALLED_ORDERS_MAX = 300_000;
/** Share of memory above which nothing due is brought back: what is told to an upstream that is away stays there. */
export const DUE_MEMORY_SHARE = 0.9;
