// The header of a PDU without a body, written in place (SMPP 3.4 §3.2).

/** Its 16 octets at `buffer[at]`. */
export function writeHead(buffer: Buffer, at: number, commandId: number, status: number, sequence: number): number {
  buffer.writeUInt32BE(16, at);
  buffer.writeUInt32BE(commandId, at + 4);
  buffer.writeUInt32BE(status, at + 8);
  buffer.writeUInt32BE(sequence, at + 12);
  return 16;
}
