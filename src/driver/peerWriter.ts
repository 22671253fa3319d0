// Writes PDUs into the output of one peer, in the version and with the TLVs that the peer takes (R3). No state of the session.
import { writeU32 } from '../base/bytes.ts';
import { BIND_FIELD_MAX_CHARS } from '../base/limits.ts';
import type { BindMode } from '../session/types.ts';
import { CommandId } from '../smpp/commands.ts';
import { encode } from '../smpp/encode.ts';
import { needsTlvs } from '../smpp/encodeBody.ts';
import { type Bind, NO_TLVS, type Pdu, type Tlv } from '../smpp/pdu.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import type { SmppVersion } from '../smpp/version.ts';
import type { PeerStream } from './peerStream.ts';
import type { BindFields } from './types.ts';

export class PeerWriter {
  version: SmppVersion = 0x34;
  takesTlvs = true;
  readonly #stream: PeerStream;

  constructor(stream: PeerStream) {
    this.#stream = stream;
  }

  /** A PDU without a body. */
  head(commandId: number, status: number, sequence: number): void {
    const out = this.#stream.out;
    out.u32(16);
    out.u32(commandId);
    out.u32(status);
    out.u32(sequence);
    this.#stream.touch();
  }

  /** False: it cannot be written to this peer, and nothing was. */
  pdu(pdu: Pdu): boolean {
    let sent = pdu;
    if (!this.takesTlvs && pdu.tlvs.length > 0) {
      if (needsTlvs(pdu)) return false;
      sent = { ...pdu, tlvs: NO_TLVS };
    }
    if (!encode(this.#stream.out, sent, this.version).ok) return false;
    this.#stream.touch();
    return true;
  }

  /** An encoded PDU, under another number. */
  octets(pdu: Buffer, length: number, sequence: number): void {
    const { out } = this.#stream;
    const start = out.length;
    out.bytes(pdu, 0, length);
    writeU32(out.buffer, start + 12, sequence);
    this.#stream.touch();
  }

  /** Our bind. The fault in its fields, or '': some suppliers give out longer ones than the standard has. */
  bind(mode: BindMode, fields: BindFields, interfaceVersion: number, sequence: number): string {
    const command = mode === 'tx' ? 'bind_transmitter' : mode === 'rx' ? 'bind_receiver' : 'bind_transceiver';
    const commandId = CommandId[command];
    const bind: Bind = { command, commandId, status: 0, sequence, ...fields, interfaceVersion, tlvs: NO_TLVS };
    const encoded = encode(this.#stream.out, bind, 0x34, { bindFieldMaxChars: BIND_FIELD_MAX_CHARS });
    this.#stream.touch();
    return encoded.ok ? '' : `bind field ${encoded.error.field}: ${encoded.error.code}`;
  }

  /** Our answer 0 to a bind, with sc_interface_version where it may stand (3.4 §5.3.2.25). False: cannot be written. */
  bindAnswer(commandId: number, sequence: number, systemId: string, tlvs: readonly Tlv[]): boolean {
    const command =
      commandId === CommandId.bind_receiver
        ? 'bind_receiver_resp'
        : commandId === CommandId.bind_transmitter
          ? 'bind_transmitter_resp'
          : 'bind_transceiver_resp';
    const version: Tlv = { tag: Tag.scInterfaceVersion, value: Buffer.from([this.version]) };
    const all = this.takesTlvs ? [version, ...tlvs] : NO_TLVS;
    return this.pdu({ command, commandId: CommandId[command], status: 0, sequence, systemId, tlvs: all });
  }
}
