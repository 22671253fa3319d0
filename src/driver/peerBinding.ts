// How a peer comes to be bound, either side: the owner's decision on a bind with its delay, our own bind, outbind.
// Nothing of the traffic that follows.
import type { Alarm, Loop } from '../port/loop.ts';
import type { Session } from '../session/session.ts';
import { CommandId } from '../smpp/commands.ts';
import { NO_TLVS, type Pdu, type Tlv } from '../smpp/pdu.ts';
import type { PeerStream } from './peerStream.ts';
import type { PeerWriter } from './peerWriter.ts';

export class PeerBinding<T> {
  readonly #loop: Loop;
  readonly #stream: PeerStream;
  readonly #writer: PeerWriter;
  readonly #session: Session<Pdu, T>;
  #refusal: Alarm | null = null;

  constructor(loop: Loop, stream: PeerStream, writer: PeerWriter, session: Session<Pdu, T>) {
    this.#loop = loop;
    this.#stream = stream;
    this.#writer = writer;
    this.#session = session;
  }

  /** A bind waits for a decision that has not been made. */
  get undecided(): boolean {
    return this.#session.state !== 'closed' && this.#session.openBind >= 0 && this.#refusal === null;
  }

  accept(systemId: string, tlvs: readonly Tlv[]): void {
    const session = this.#session;
    const written = this.#writer.bindAnswer(session.openBindCommandId, session.openBind, systemId, tlvs);
    if (!written) throw new Error(`our system_id or TLVs cannot be written: ${systemId}`);
    session.accept(this.#loop.monotonic());
  }

  refuse(status: number, waitMs: number): void {
    const session = this.#session;
    const refuse = (): void => {
      if (session.state !== 'closed' && session.openBind >= 0) session.refuse(status);
      this.#stream.touch();
    };
    if (waitMs <= 0) refuse();
    else this.#refusal = this.#loop.wakeAt(this.#loop.monotonic() + waitMs, refuse);
  }

  /** False: the fields cannot be written. */
  outbind(systemId: string, password: string): boolean {
    const sequence = this.#session.outbind(this.#loop.monotonic());
    const commandId = CommandId.outbind;
    return this.#writer.pdu({ command: 'outbind', commandId, status: 0, sequence, systemId, password, tlvs: NO_TLVS });
  }

  cancel(): void {
    this.#refusal?.cancel();
  }
}
