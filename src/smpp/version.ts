// interface_version (R3; SMPP 5.0 §4.7.13, §2.11.2): what an octet means, and what may go to a peer of that version.

/** The three versions told apart: 3.3 and older, 3.4, 5.0. */
export type SmppVersion = 0x33 | 0x34 | 0x50;

/**
 * The version of an interface_version or sc_interface_version octet. Reserved values count as the next lower version
 * known: 0x35–0x4F as 3.4, above 0x50 as 5.0.
 */
export function readVersion(octet: number): SmppVersion {
  if (octet < 0x34) return 0x33;
  return octet < 0x50 ? 0x34 : 0x50;
}

/** The version that holds on a connection: the lower of both. */
export function lowerVersion(ours: SmppVersion, theirs: SmppVersion): SmppVersion {
  return ours < theirs ? ours : theirs;
}

/** Whether TLVs may go to such a peer, sc_interface_version in its bind_resp included. */
export function takesTlvs(version: SmppVersion): boolean {
  return version >= 0x34;
}

/** Whether such a peer may use bind_transceiver. */
export function knowsTransceiver(version: SmppVersion): boolean {
  return version >= 0x34;
}

/** Longest message_id towards such a peer, in characters without NUL (3.4 §3.4). */
export function messageIdMaxChars(version: SmppVersion): number {
  return version < 0x34 ? 8 : 64;
}

/** Longest short_message on such a connection, in octets (3.4 §5.2.22; 5.0 §4.7.28). */
export function shortMessageMaxOctets(version: SmppVersion): number {
  return version < 0x50 ? 254 : 255;
}

/**
 * What a client learns from the answer to its bind. `octet`: TLV sc_interface_version, undefined when it is absent.
 * `tlv`: the supplier's setting; real MCs omit the TLV and take TLVs all the same, so `always` is the default.
 */
export function answeredVersion(
  ours: SmppVersion,
  octet: number | undefined,
  tlv: 'always' | 'letter' | 'never',
): { readonly version: SmppVersion; readonly takesTlvs: boolean } {
  const version = octet === undefined ? ours : lowerVersion(ours, readVersion(octet));
  const allowed = tlv === 'always' || (tlv === 'letter' && octet !== undefined);
  return { version, takesTlvs: allowed && takesTlvs(version) };
}

/**
 * The version for the next bind after one with `tried` failed, or null when another version would not help. `status` is
 * that of the answer, null for no answer at all. Some MCs answer nothing but 0x34.
 */
export function fallbackVersion(tried: SmppVersion, status: number | null): SmppVersion | null {
  if (tried !== 0x50) return null;
  return status === null || status === 0x03 || status === 0x0d ? 0x34 : null;
}
