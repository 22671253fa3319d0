// A message from the HTTP API on its way to accept: the same checks as for SMPP, in the terms of the request.
import { CUSTOMER_VALIDITY_MAX_MS, CUSTOMER_VALIDITY_MIN_MS, SCHEDULE_MAX_MS } from '../base/limits.ts';
import { checkContent } from '../egress/policy.ts';
import { classifySender, normaliseDestination } from '../numbering/address.ts';
import { DESTINATION_FAULT_WORDS, SENDER_FAULT_WORDS } from '../numbering/faultWords.ts';
import { accept, emptyFacts, refuse } from './accept.ts';
import { type Account, senderAllowed } from './accounts.ts';
import { planBody, planTextBody, textStart } from './bodies.ts';
import type { Core } from './core.ts';
import { MessageFlag } from './layout.ts';
import type { Refusal, SubmitRequest } from './service.ts';

const LANES = { pin: 0, normal: 1, bulk: 2 } as const;

export class HttpSubmit {
  readonly #core: Core;
  readonly #facts = emptyFacts();

  constructor(core: Core) {
    this.#core = core;
  }

  /** The handle of the accepted message, or why not, with nothing changed. */
  take(account: Account, request: SubmitRequest, nowMs: number): number | Refusal {
    const core = this.#core;
    const { config } = account;
    const facts = this.#facts;
    const dialRules = {
      countryCode: config.nationalPrefix?.country ?? '',
      nationalPrefix: config.nationalPrefix?.trunk ?? '',
      internationalPrefix: '00',
    };
    const destination = normaliseDestination(request.to, 0, 1, dialRules);
    if (!destination.ok)
      return refuse('number-invalid', `the destination ${DESTINATION_FAULT_WORDS[destination.error]}`);
    const sender = classifySender(request.from, 0, 0);
    if (!sender.ok) return refuse('sender-not-allowed', `the sender ${SENDER_FAULT_WORDS[sender.error]}`);
    if (!senderAllowed(account, sender.value.address))
      return refuse('sender-not-allowed', 'not registered for this account');
    const purpose = core.purposes.numberOf(config, request.purpose);
    if (purpose < 0) return refuse('purpose-not-allowed', 'not one of the purposes of this account');
    const scheduleAt = request.scheduleAt === null || request.scheduleAt <= nowMs ? 0 : request.scheduleAt;
    if (scheduleAt > nowMs + SCHEDULE_MAX_MS) return refuse('schedule-invalid', 'more than 30 days ahead');
    const validityMs = request.validityMs ?? config.defaultValidityMs;
    if (validityMs < CUSTOMER_VALIDITY_MIN_MS || validityMs > CUSTOMER_VALIDITY_MAX_MS)
      return refuse('validity-invalid', 'must be 1 second to 7 days');
    const { body } = request;
    const planned =
      body.kind === 'text'
        ? planTextBody(body.text, config.languages)
        : body.dataCoding === 4 && !config.binary
          ? ('encoding-invalid' as const)
          : planBody(0, body.dataCoding, body.octets, config.defaultAlphabet, config.languages);
    if (typeof planned === 'string') return refuse(planned, 'the text is empty, too long, or not of its data_coding');
    if (planned.segments > config.maxSegments)
      return refuse('text-too-long', `${planned.segments} segments, allowed are ${config.maxSegments}`);
    if (
      !checkContent(planned.octets, textStart(planned), planned.octets.length, planned.dataCoding, {
        defaultAlphabet: 'gsm',
      }).allowed
    )
      return refuse('text-empty', 'nothing in it can be seen');
    if (account.quota !== null) {
      const waitMs = account.quota.take(core.world.loop.monotonic(), planned.segments);
      if (waitMs > 0) {
        const detail = `throughput is used up; try again in ${Math.ceil(waitMs)} ms`;
        return { ...refuse('over-rate', detail), retryAfterMs: Math.ceil(waitMs) };
      }
    }
    const { kind, address } = sender.value;
    facts.sourceTon = kind === 'alphanumeric' ? 5 : kind === 'international' ? 1 : 0;
    facts.sourceNpi = kind === 'international' ? 1 : 0;
    facts.source = address;
    facts.destination = destination.value;
    facts.written = request.to.slice(0, 30);
    facts.destTon = 1;
    facts.destNpi = 1;
    facts.dataCoding = planned.dataCoding;
    facts.body = planned.octets;
    facts.segments = planned.segments;
    facts.registeredDelivery = 1;
    facts.lane = LANES[request.lane ?? config.lane];
    facts.purpose = purpose;
    facts.scheduleAt = scheduleAt;
    facts.validUntil = Math.max(nowMs, scheduleAt) + validityMs;
    facts.reference = Buffer.from(request.reference ?? '').latin1Slice();
    facts.flags = planned.udhi ? MessageFlag.http | MessageFlag.udhi : MessageFlag.http;
    return accept(core, account, facts, nowMs);
  }
}
