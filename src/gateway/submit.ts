// submit_sm and its kin from SMPP customers: validated, asked of egress/, brought into the order's form, accepted, and
// acknowledged after the commit. Refusals hold nothing (design §5.7).
import type { Draft } from '../base/draft.ts';
import { CUSTOMER_VALIDITY_MAX_MS, SCHEDULE_MAX_MS } from '../base/limits.ts';
import type { SmppPeer } from '../driver/types.ts';
import type { SubmitFacts } from '../egress/facts.ts';
import { checkContent, checkSubmit } from '../egress/policy.ts';
import { normaliseDestination } from '../numbering/address.ts';
import { DESTINATION_FAULT_WORDS } from '../numbering/faultWords.ts';
import { CommandId } from '../smpp/commands.ts';
import { type MessageIdResp, NO_TLVS, type SubmitSm, type Tlv, tlv, tlvU16 } from '../smpp/pdu.ts';
import { Status } from '../smpp/status.table.ts';
import { parseTime, toAbsoluteMs } from '../smpp/time.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import { type AcceptFacts, accept, admitted, emptyFacts, refuse } from './accept.ts';
import type { Account } from './accounts.ts';
import { Answers } from './answers.ts';
import { type PartOf, type PlannedBody, partOf, planBody, textStart } from './bodies.ts';
import { type Core, customerId } from './core.ts';
import { Duplicates, type Repeated } from './duplicates.ts';
import { MessageFlag, MessagePhase } from './layout.ts';
import { markMulti } from './multi.ts';
import { replacePending } from './replace.ts';
import type { Refusal } from './service.ts';
import { SubmitRules } from './submitRules.ts';

const NO_TAGS: readonly number[] = [];
/** priority_flag 2 and 3 (high, highest) take the PIN lane, 1 at least the normal one (SMPP 3.4 §5.2.14). */
const PIN_PRIORITY = 2;
const LANE_NUMBERS = { pin: 0, normal: 1, bulk: 2 } as const;

export class Submits {
  readonly #core: Core;
  readonly #submitted: Answers;
  readonly #dataSubmitted: Answers;
  readonly facts: AcceptFacts;
  readonly #egress: Draft<SubmitFacts>;
  readonly #rules = new SubmitRules();
  readonly duplicates: Duplicates;

  constructor(core: Core) {
    this.#core = core;
    this.#submitted = new Answers((peer, sequence, handle) =>
      this.#acknowledge(peer, sequence, handle, 'submit_sm_resp'),
    );
    this.#dataSubmitted = new Answers((peer, sequence, handle) =>
      this.#acknowledge(peer, sequence, handle, 'data_sm_resp'),
    );
    this.facts = emptyFacts();
    this.duplicates = new Duplicates(core);
    this.#egress = {
      serviceType: '',
      destinationAddr: '',
      sourceRegistered: false,
      esmClass: 0,
      protocolId: 0,
      priorityFlag: 0,
      scheduleAtMs: null,
      expiresAtMs: null,
      registeredDelivery: 0,
      replaceIfPresentFlag: 0,
      dataCoding: 0,
      smDefaultMsgId: 0,
      userData: this.facts.body,
      tlvTags: NO_TAGS,
    };
  }

  /** After a reload: what was derived from configurations is made anew. */
  forgetCaches(): void {
    this.#rules.forget();
  }

  submitSm(peer: SmppPeer<number>, account: Account, pdu: SubmitSm): void {
    const result = this.take(account, pdu, peer.version);
    if (typeof result === 'number')
      this.#core.log.after(this.#submitted.ready, this.#submitted.put(peer, pdu.sequence, result));
    else this.#notTaken(peer, pdu.sequence, 'submit_sm', result);
  }

  /** data_sm, already read as a submit. */
  dataSm(peer: SmppPeer<number>, account: Account, pdu: SubmitSm, sequence: number): void {
    const result = this.take(account, pdu, peer.version);
    if (typeof result === 'number')
      this.#core.log.after(this.#dataSubmitted.ready, this.#dataSubmitted.put(peer, sequence, result));
    else this.#notTaken(peer, sequence, 'data_sm', result);
  }

  #notTaken(
    peer: SmppPeer<number>,
    sequence: number,
    command: 'submit_sm' | 'data_sm',
    result: Repeated | Refusal,
  ): void {
    const core = this.#core;
    // What it repeats may not be durable yet, and may be gone when this is answered.
    if ('repeats' in result)
      core.afterCommit(() => void peer.respond(sequence, accepted(`${command}_resp`, sequence, result.repeats)));
    else {
      core.counters.refused_messages++;
      peer.respondStatus(sequence, CommandId[command], result.status);
    }
  }

  /** The message that this submit repeats, or null; nothing changes by it. */
  repeated(account: Account, pdu: SubmitSm): Repeated | null {
    if (account.config.duplicateWindowMs === 0 || pdu.tlvs.length === 0) return null;
    const userData = tlv(pdu, Tag.messagePayload) ?? pdu.shortMessage;
    const nowMs = this.#core.world.loop.now();
    if (partOf(pdu, userData) !== null || this.check(account, pdu, userData, nowMs) !== null) return null;
    return this.duplicates.find(account, this.facts, nowMs);
  }

  /**
   * Everything up to the journal: the handle of the accepted message or part, the message it repeats, or the refusal.
   * `multi`: see multi.ts.
   */
  take(account: Account, pdu: SubmitSm, version: number, multi = ''): number | Repeated | Refusal {
    const core = this.#core;
    const nowMs = core.world.loop.now();
    const userData = tlv(pdu, Tag.messagePayload) ?? pdu.shortMessage;
    const refusal = this.check(account, pdu, userData, nowMs);
    if (refusal !== null) return refusal;
    const { facts } = this;
    if (version < 0x34) facts.flags |= MessageFlag.shortId;
    if (multi !== '') markMulti(facts, multi);
    const part = partOf(pdu, userData);
    if (part !== null) return this.#takePart(account, part, pdu, userData, nowMs);
    const planned = planBody(
      pdu.esmClass,
      pdu.dataCoding,
      userData,
      account.config.defaultAlphabet,
      account.config.languages,
    );
    if (typeof planned === 'string')
      return refuse(planned, 'the text cannot be read in its data_coding, is empty, or is too long');
    if (planned.segments > account.config.maxSegments)
      return refuse('text-too-long', `more than ${account.config.maxSegments} segments`);
    const before = this.duplicates.find(account, facts, nowMs);
    if (before !== null) return before;
    if (account.quota !== null && account.quota.take(core.world.loop.monotonic(), planned.segments) > 0)
      return refuse('over-rate', 'throughput of the account is used up');
    if (planned.udhi) facts.flags |= MessageFlag.udhi;
    facts.dataCoding = planned.dataCoding;
    facts.body = planned.octets;
    facts.segments = planned.segments;
    facts.joining = false;
    if (pdu.replaceIfPresentFlag === 1) {
      const replaced = replacePending(core, account, facts, nowMs);
      if (replaced >= 0) {
        this.duplicates.remember(account, replaced, nowMs);
        return replaced;
      }
    }
    const handle = accept(core, account, facts, nowMs);
    if (typeof handle === 'number') this.duplicates.remember(account, handle, nowMs);
    return handle;
  }

  /** Addresses, times, flags and TLVs, and what egress/ says of them; fills `facts` but for the body. */
  check(account: Account, pdu: SubmitSm, userData: Buffer, nowMs: number): Refusal | null {
    const { facts } = this;
    const { config } = account;
    const destination = normaliseDestination(
      pdu.destinationAddr,
      pdu.destAddrTon,
      pdu.destAddrNpi,
      this.#rules.dial(account),
    );
    if (!destination.ok) {
      const status =
        destination.error === 'ton'
          ? Status.ESME_RINVDSTTON
          : destination.error === 'npi'
            ? Status.ESME_RINVDSTNPI
            : Status.ESME_RINVDSTADR;
      return refuse('number-invalid', `the destination ${DESTINATION_FAULT_WORDS[destination.error]}`, status);
    }
    const from = this.#rules.sender(account, pdu.sourceAddr, pdu.sourceAddrTon, pdu.sourceAddrNpi);
    if (from === null)
      return refuse(
        'sender-not-allowed',
        'the source address is no sender',
        pdu.sourceAddrTon > 6 ? Status.ESME_RINVSRCTON : Status.ESME_RINVSRCADR,
      );
    if (!from.allowed) return refuse('sender-not-allowed', 'the source address is not registered for this account');
    let scheduleAt = 0;
    if (pdu.scheduleDeliveryTime !== '') {
      const time = parseTime(pdu.scheduleDeliveryTime, { lenient: config.lenientTimes });
      if (time.kind === 'invalid') return refuse('schedule-invalid', `schedule_delivery_time: ${time.reason}`);
      const at = toAbsoluteMs(time, nowMs);
      scheduleAt = at === null || at <= nowMs ? 0 : Math.min(at, nowMs + SCHEDULE_MAX_MS);
      this.#egress.scheduleAtMs = at;
    } else this.#egress.scheduleAtMs = null;
    let validUntil = Math.max(nowMs, scheduleAt) + config.defaultValidityMs;
    this.#egress.expiresAtMs = null;
    if (pdu.validityPeriod !== '') {
      const time = parseTime(pdu.validityPeriod, { lenient: config.lenientTimes });
      if (time.kind === 'invalid') return refuse('validity-invalid', `validity_period: ${time.reason}`);
      const at = toAbsoluteMs(time, nowMs);
      if (at !== null) {
        validUntil = Math.min(at, Math.max(nowMs, scheduleAt) + CUSTOMER_VALIDITY_MAX_MS);
        this.#egress.expiresAtMs = at;
      }
    }
    const egress = this.#egress;
    egress.serviceType = pdu.serviceType;
    egress.destinationAddr = destination.value;
    egress.sourceRegistered = true;
    egress.esmClass = pdu.esmClass;
    egress.protocolId = pdu.protocolId;
    egress.priorityFlag = pdu.priorityFlag;
    egress.registeredDelivery = pdu.registeredDelivery;
    egress.replaceIfPresentFlag = pdu.replaceIfPresentFlag;
    egress.dataCoding = pdu.dataCoding;
    egress.smDefaultMsgId = pdu.smDefaultMsgId;
    egress.userData = userData;
    egress.tlvTags = pdu.tlvs.length === 0 ? NO_TAGS : pdu.tlvs.map(tagOf);
    const policy = this.#rules.policy(account);
    const decision = checkSubmit(egress, policy, nowMs);
    if (!decision.allowed) return refuse('egress-denied', decision.reason, decision.status);
    const { sender } = from;
    facts.sourceTon = sender.kind === 'alphanumeric' ? 5 : sender.kind === 'international' ? 1 : 0;
    facts.sourceNpi = sender.kind === 'international' ? 1 : 0;
    facts.source = sender.address;
    facts.destination = destination.value;
    facts.written = pdu.destinationAddr;
    facts.destTon = pdu.destAddrTon;
    facts.destNpi = pdu.destAddrNpi;
    facts.registeredDelivery = pdu.registeredDelivery;
    const base = LANE_NUMBERS[config.lane];
    facts.lane = pdu.priorityFlag >= PIN_PRIORITY ? 0 : pdu.priorityFlag === 1 ? Math.min(base, 1) : base;
    facts.validUntil = validUntil;
    facts.scheduleAt = scheduleAt;
    facts.reference = '';
    facts.userReference = pdu.tlvs.length === 0 ? -1 : (tlvU16(pdu, Tag.userMessageReference) ?? -1);
    facts.serviceType = pdu.serviceType;
    facts.priority = pdu.priorityFlag;
    facts.flags = pdu.registeredDelivery & 0x10 ? MessageFlag.intermediateWanted : 0;
    return null;
  }

  /** Is there anything to see in a joined text? A part alone may be blank. */
  visible(account: Account, planned: PlannedBody): boolean {
    const { dataCoding, octets } = planned;
    return checkContent(octets, textStart(planned), octets.length, dataCoding, this.#rules.policy(account)).allowed;
  }

  #takePart(account: Account, part: PartOf, pdu: SubmitSm, userData: Buffer, nowMs: number): number | Refusal {
    const { facts } = this;
    if (part.total > account.config.maxSegments)
      return refuse('text-too-long', `more than ${account.config.maxSegments} segments`);
    if (account.quota !== null && account.quota.take(this.#core.world.loop.monotonic(), 1) > 0)
      return refuse('over-rate', 'throughput of the account is used up');
    // The header stays with the part until all have come: it may name national tables.
    facts.dataCoding = pdu.dataCoding;
    facts.body = userData;
    facts.segments = 1;
    facts.joining = true;
    facts.flags |= MessageFlag.joinedParts;
    return this.#core.parts.take(account, facts, part, pdu.esmClass, nowMs);
  }

  #acknowledge(
    peer: SmppPeer<number>,
    sequence: number,
    handle: number,
    command: 'submit_sm_resp' | 'data_sm_resp',
  ): void {
    const core = this.#core;
    const { store } = core;
    peer.respond(sequence, accepted(command, sequence, customerId(core, handle)));
    if (store.phase[handle] === MessagePhase.joining) core.parts.durable(handle);
    else admitted(core, handle, core.world.loop.now());
  }
}

function accepted(command: 'submit_sm_resp' | 'data_sm_resp', sequence: number, messageId: string): MessageIdResp {
  return { command, commandId: CommandId[command], status: 0, sequence, tlvs: NO_TLVS, messageId };
}

function tagOf(one: Tlv): number {
  return one.tag;
}
