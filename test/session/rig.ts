// A session under test with a sink that writes everything down, and a clock that the test moves.
import { defaultTimers } from '../../src/session/defaults.ts';
import { Inbound } from '../../src/session/inbound.ts';
import { Session } from '../../src/session/session.ts';
import type { BindMode, SessionOptions, SessionSink } from '../../src/session/types.ts';

export interface TestPdu {
  readonly commandId: number;
  readonly status: number;
  readonly sequence: number;
}

export class Rig implements SessionSink<TestPdu, string> {
  nowMs = 1_000_000;
  readonly session: Session<TestPdu, string>;
  readonly inbound: Inbound<TestPdu, string>;
  /** Everything that came out since the last `take`, one line each. */
  #lines: string[] = [];
  asked: ((kind: string, sequence: number) => void) | null = null;

  constructor(options: Partial<SessionOptions> = {}, firstSequence = 1) {
    const full: SessionOptions = {
      role: 'mc',
      emission: 'direct',
      interfaceVersion: 0x50,
      window: 10,
      inboundWindow: 10,
      acceptOutbind: false,
      timers: defaultTimers,
      ...options,
    };
    this.session = new Session(full, this, this.nowMs, firstSequence);
    this.inbound = new Inbound(this.session);
  }

  /** MC and ESME alike: brought to a bound state, with what that wrote forgotten. */
  static bound(mode: BindMode, options: Partial<SessionOptions> = {}): Rig {
    const rig = new Rig(options);
    const id = mode === 'tx' ? 2 : mode === 'rx' ? 1 : 9;
    if (rig.session.options.role === 'mc') {
      rig.in(id, 1);
      rig.session.accept(rig.nowMs);
    } else {
      rig.session.bind(mode, rig.nowMs);
      if (rig.session.options.emission === 'asked') rig.session.own.emit(1, rig.nowMs);
      rig.in(id + 0x80000000, 1);
    }
    rig.take();
    return rig;
  }

  in(commandId: number, sequence: number, status = 0): void {
    this.inbound.receive({ commandId, status, sequence }, this.nowMs);
  }

  /** A request of ours, as `direct` mode makes it; 0: no room. */
  send(commandId: number, token: string): number {
    const sequence = this.session.reserve(token);
    if (sequence !== 0) this.session.emitted(sequence, commandId, this.nowMs);
    return sequence;
  }

  /** The owner answers one request. */
  answer(): void {
    this.session.answered();
    this.session.advance(this.nowMs);
  }

  /** Lets time pass, ticking whenever the session has asked for it. */
  pass(ms: number): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      const due = this.session.deadline();
      if (due > endMs) break;
      this.nowMs = Math.max(this.nowMs, due);
      this.session.tick(this.nowMs);
    }
    this.nowMs = endMs;
  }

  take(): string[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  writeHead(commandId: number, status: number, sequence: number): void {
    this.#lines.push(`head ${hex(commandId)} ${hex(status)} ${sequence}`);
  }
  writeBind(mode: BindMode, sequence: number): void {
    this.#lines.push(`writeBind ${mode} ${sequence}`);
  }
  onBind(pdu: TestPdu, mode: BindMode): void {
    this.#lines.push(`bind ${mode} ${pdu.sequence}`);
  }
  onOutbind(pdu: TestPdu): void {
    this.#lines.push(`outbind ${pdu.sequence}`);
  }
  onBindAnswer(pdu: TestPdu): void {
    this.#lines.push(`bindAnswer ${hex(pdu.commandId)} ${hex(pdu.status)}`);
  }
  onRequest(pdu: TestPdu): void {
    this.#lines.push(`request ${hex(pdu.commandId)} ${pdu.sequence}`);
  }
  onResponse(pdu: TestPdu, token: string, late: boolean): void {
    this.#lines.push(`response ${hex(pdu.commandId)} ${token}${late ? ' late' : ''}`);
  }
  onFailed(token: string, reason: string, status: number): void {
    this.#lines.push(`failed ${token} ${reason}${status === 0 ? '' : ` ${hex(status)}`}`);
  }
  onWants(kind: string, sequence: number): void {
    this.#lines.push(`wants ${kind} ${sequence}`);
    this.asked?.(kind, sequence);
  }
  onWindowOpen(): void {
    this.#lines.push('windowOpen');
  }
  onOddity(kind: string): void {
    this.#lines.push(`oddity ${kind}`);
  }
  onEnd(reason: string): void {
    this.#lines.push(`end ${reason}`);
  }
}

export function hex(value: number): string {
  return value.toString(16);
}
