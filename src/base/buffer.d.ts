// Methods that every Node.js Buffer has and @types/node leaves out. They skip the encoding look-up of `toString` and
// `write`, which is most of their cost for short strings. Types only.

interface Buffer {
  latin1Slice(start?: number, end?: number): string;
  utf8Slice(start?: number, end?: number): string;
  hexSlice(start?: number, end?: number): string;
  /** Returns how many octets were written. */
  latin1Write(text: string, offset?: number, length?: number): number;
  utf8Write(text: string, offset?: number, length?: number): number;
}
