// The framing of records within one batch of a journal, written by driver/commit.ts and read at recovery:
// u8 type, u32 length (big-endian) of what follows, payload. The number of a record is its position in the batch, from 0.

/** Octets before each record's payload: type u8, length u32. */
export const RECORD_HEADER_OCTETS = 5;

/** Fills in the length of the record that stands in `records[at, end)`. */
export function closeRecord(records: Buffer, at: number, end: number): void {
  const length = end - at - RECORD_HEADER_OCTETS;
  records[at + 1] = length >>> 24;
  records[at + 2] = length >>> 16;
  records[at + 3] = length >>> 8;
  records[at + 4] = length;
}

/**
 * Calls `each` for every record in order; `records[start, end)` is the payload. Returns their number.
 * A frame that does not fit is a broken invariant (the journal stores batches whole) and throws.
 */
export function readRecords(
  records: Buffer,
  each: (type: number, start: number, end: number, index: number) => void,
): number {
  let at = 0;
  let index = 0;
  while (at < records.length) {
    const start = at + RECORD_HEADER_OCTETS;
    if (start > records.length) throw new Error('record header is cut short');
    const end = start + records.readUInt32BE(at + 1);
    if (end > records.length) throw new Error('record is cut short');
    each(records[at] as number, start, end, index);
    index++;
    at = end;
  }
  return index;
}

/** Number of records in a batch. */
export function countRecords(records: Buffer): number {
  return readRecords(records, ignore);
}

function ignore(): void {}
