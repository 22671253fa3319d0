// What a peer that reads PDUs as src/smpp does will make of them: enough to know behind which PDU of a write the session ends,
// so that only PDUs that were read are counted.
import { decode } from '../src/smpp/decode.ts';
import { DEFAULT_DECODE, type DecodeOptions } from '../src/smpp/decodeBody.ts';

/**
 * fine: answered or ignored. bad: a body that cannot be parsed; a few of them end a session. ends: an unbind.
 * framing: command_length is not the length, so where the next PDU begins is lost.
 */
export type Expected = 'fine' | 'bad' | 'ends' | 'framing';

const INVALID_LENGTH = 0x02;
const INVALID_TLV_STREAM = 0xc0;

const optionsOf = (version: number): DecodeOptions => ({ ...DEFAULT_DECODE, version, lenientTimes: true });
const OPTIONS: ReadonlyMap<number, DecodeOptions> = new Map(
  [0x33, 0x34, 0x50].map((version) => [version, optionsOf(version)]),
);

export function expectOf(octets: Buffer, at: number, length: number, version: number): Expected {
  if (octets.readUInt32BE(at) !== length) return 'framing';
  const decoded = decode(octets, at, length, OPTIONS.get(version) ?? DEFAULT_DECODE);
  if (decoded.kind === 'malformed')
    return decoded.status === INVALID_LENGTH || decoded.status === INVALID_TLV_STREAM ? 'bad' : 'fine';
  return decoded.kind === 'pdu' && decoded.pdu.command === 'unbind' ? 'ends' : 'fine';
}
