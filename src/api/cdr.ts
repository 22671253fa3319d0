// Call detail records as CSV (RFC 4180): one line per ended message, streamed as the gateway finds them.
import type { CdrRow } from '../gateway/service.ts';
import { amountText, numberText, time } from './values.ts';

export const cdrColumns = [
  'id',
  'account',
  'accepted_at',
  'done_at',
  'from',
  'to',
  'segments',
  'state',
  'link',
  'price',
  'charged',
  'currency',
  'error',
  'reference',
] as const;

/** A heading and then the rows, pulled as fast as the reader takes them. */
export function cdrStream(pieces: AsyncIterable<readonly CdrRow[]>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const iterator = pieces[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    start(controller): void {
      controller.enqueue(encoder.encode(`${cdrColumns.join(',')}\r\n`));
    },
    async pull(controller): Promise<void> {
      for (;;) {
        const { done, value } = await iterator.next();
        if (done) return controller.close();
        // An empty piece is a step of the search; pull is not called again before something was enqueued.
        if (value.length > 0) return controller.enqueue(encoder.encode(value.map(cdrLine).join('')));
      }
    },
    async cancel(): Promise<void> {
      await iterator.return?.();
    },
  });
}

export function cdrLine(row: CdrRow): string {
  const cells = [
    row.id,
    row.account,
    time(row.acceptedAt),
    time(row.doneAt),
    row.from,
    numberText(row.to),
    row.segments,
    row.state,
    row.link ?? '',
    amountText(row.price),
    amountText(row.charged),
    row.currency,
    row.errorCode,
    row.reference ?? '',
  ];
  return `${cells.map(cell).join(',')}\r\n`;
}

/**
 * Quoted where CSV needs it. What a spreadsheet would run as a formula gets an apostrophe in front; numbers with their
 * sign do not.
 */
function cell(value: string | number): string {
  let text = String(value);
  if (/^[=@\t\r]/.test(text) || (/^[+-]/.test(text) && !/^[+-][0-9.]+$/.test(text))) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
