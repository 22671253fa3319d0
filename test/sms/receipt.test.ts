// Receipt texts of many carriers, their dates, the settling with TLVs, and our own text (R24).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  isFinalState,
  type MessageState,
  stateFor34,
  stateOfValue,
  stateOfWord,
  stateWord,
} from '../../src/sms/messageState.ts';
import {
  mergeReceipt,
  type OwnReceipt,
  parseCsvReceipt,
  parseReceipt,
  type ReceiptTlvs,
  ReceiptWriter,
  receiptOctetsToText,
} from '../../src/sms/receipt.ts';
import { type ReceiptDates, readReceiptDate } from '../../src/sms/receiptDate.ts';
import { vectorFile, withoutVectors } from './vectorFile.ts';

const dates: ReceiptDates = { nowMs: Date.UTC(2026, 8, 21, 12), utcOffsetMs: 0, twelveDigits: 'YYMMDDhhmmss' };

interface Row {
  readonly text: string;
  readonly csv_fields?: readonly string[];
  readonly expected?: { readonly state: number };
  readonly parse: {
    readonly id: string | null;
    readonly sub: string | null;
    readonly dlvrd: string | null;
    readonly submit_date: string | null;
    readonly done_date: string | null;
    readonly stat: string | null;
    readonly err: string | null;
    readonly text: string | null;
    readonly submit_iso: string | null;
    readonly done_iso: string | null;
    readonly state: number | null;
  } | null;
}

const ms = (iso: string | null): number | null => (iso === null ? null : Date.parse(`${iso}Z`));

test('R24 every receipt of the vectors', { skip: withoutVectors }, () => {
  const { receipts } = vectorFile('dlr.json') as { receipts: readonly Row[] };
  assert.ok(receipts.length >= 28);
  for (const { text, parse, csv_fields, expected } of receipts) {
    if (parse === null) {
      const csv = parseCsvReceipt(text, dates);
      assert.ok(csv_fields && expected);
      assert.equal(csv.state, expected.state);
      assert.deepEqual(
        [csv.stat, csv.doneDate, csv.submitDate, csv.err],
        ['00', '0210021543', '0210021500', undefined],
      );
      assert.equal(csv.doneMs, Date.UTC(2002, 9, 2, 15, 43));
      continue;
    }
    const read = parseReceipt(text, dates);
    const told = { ...read, submitMs: read.submitMs ?? null, doneMs: read.doneMs ?? null };
    assert.deepEqual(
      [told.id, told.sub, told.dlvrd, told.submitDate, told.doneDate, told.stat, told.err, told.text].map(
        (v) => v ?? null,
      ),
      [parse.id, parse.sub, parse.dlvrd, parse.submit_date, parse.done_date, parse.stat, parse.err, parse.text],
      text,
    );
    assert.deepEqual([told.submitMs, told.doneMs], [ms(parse.submit_iso), ms(parse.done_iso)], text);
    // The reference parse knows neither the word FAILED nor words without a label; R24 does.
    const state = parse.stat === 'FAILED' ? 5 : / DELIVRD /.test(text) ? 2 : parse.state;
    assert.equal(read.state ?? null, state, text);
  }
});

test('R24 labels in any order and case, the first of each counts, decoys in the text lose', () => {
  const read = parseReceipt('STAT:expired ID:7 Done Date:2609211200 Text:id:9 stat:DELIVRD sub:5', dates);
  assert.deepEqual([read.id, read.stat, read.state, read.sub], ['7', 'expired', 3, '5']);
  assert.equal(read.text, 'id:9 stat:DELIVRD sub:5');
  assert.equal(parseReceipt('id:1 err:000 text:the word UNDELIV is no state', dates).state, undefined);
  assert.equal(parseReceipt('id:1 UNDELIV text:x', dates).state, 5);
  assert.equal(parseReceipt('pid:1 xstat:DELIVRD', dates).id, undefined);
  assert.equal(parseReceipt('id: sub:001', dates).id, undefined);
  assert.equal(parseReceipt('id:1 stat:DELIVRD\0\0', dates).stat, 'DELIVRD');
  assert.equal(parseReceipt(`id:1 err:${'9'.repeat(40)}`, dates).err?.length, 16);
  const id = '171026125222636445993424531920';
  assert.equal(parseReceipt(`id:${id}`, dates).id, id);
});

test('R24 dates: 10, 12 or 14 digits, the possible reading, else the nearer one, else the setting', () => {
  const read = (digits: string, change: Partial<ReceiptDates> = {}): string | undefined => {
    const value = readReceiptDate(digits, { ...dates, ...change });
    return value === undefined ? undefined : new Date(value).toISOString().slice(0, 19);
  };
  assert.equal(read('2609211234'), '2026-09-21T12:34:00');
  assert.equal(read('20260921123456'), '2026-09-21T12:34:56');
  assert.equal(read('260921123456'), '2026-09-21T12:34:56');
  assert.equal(read('202609211234'), '2026-09-21T12:34:00');
  assert.equal(read('201012101112'), '2020-10-12T10:11:12', 'both possible: 2010 is further away');
  assert.equal(read('201012101112', { nowMs: Date.UTC(2012, 0, 1) }), '2010-12-10T11:12:00', 'both possible, then');
  const short = Date.UTC(2020, 9, 12, 10, 11, 12);
  const long = Date.UTC(2010, 11, 10, 11, 12);
  const nowMs = (short + long) / 2;
  assert.equal(read('201012101112', { nowMs, twelveDigits: 'YYYYMMDDhhmm' }), '2010-12-10T11:12:00');
  assert.equal(read('201012101112', { nowMs, twelveDigits: 'YYMMDDhhmmss' }), '2020-10-12T10:11:12');
  assert.equal(read('2609211234', { utcOffsetMs: 7_200_000 }), '2026-09-21T10:34:00');
  assert.equal(read('3801010000'), '1938-01-01T00:00:00');
  for (const none of [
    '0000000000',
    '000000000000',
    'N/A',
    '',
    '26092112',
    '2613211234',
    '2602301234',
    '260921246060',
    '２609211234',
  ]) {
    assert.equal(read(none), undefined, none);
  }
  assert.equal(read('2402290000'), '2024-02-29T00:00:00');
  assert.equal(read('2302290000'), undefined);
});

const noTlvs: ReceiptTlvs = {
  receiptedMessageId: undefined,
  messageState: undefined,
  networkErrorType: undefined,
  networkErrorCode: undefined,
};

test('R24 TLVs win over text, either alone suffices, contradictions are told', () => {
  const text = parseReceipt('id:1 stat:UNDELIV err:004', dates);
  const both = mergeReceipt(text, {
    receiptedMessageId: '2',
    messageState: 2,
    networkErrorType: 3,
    networkErrorCode: 27,
  });
  assert.deepEqual([both.id, both.state, both.err, both.networkErrorCode], ['2', 2, '004', 27]);
  assert.deepEqual(both.contradictions, ['id', 'state']);
  assert.deepEqual(mergeReceipt(text, { ...noTlvs, receiptedMessageId: '1' }).contradictions, []);
  assert.deepEqual(mergeReceipt(text, { ...noTlvs, messageState: 2 }).contradictions, ['state']);
  assert.deepEqual([mergeReceipt(text, noTlvs).id, mergeReceipt(text, noTlvs).state], ['1', 5]);
  const alone = mergeReceipt(undefined, { ...noTlvs, receiptedMessageId: '9', messageState: 3 });
  assert.deepEqual([alone.id, alone.state, alone.contradictions], ['9', 3, []]);
  assert.equal(mergeReceipt(text, { ...noTlvs, messageState: 77 }).state, 5, 'a reserved state counts as absent');
  assert.equal(mergeReceipt(text, { ...noTlvs, receiptedMessageId: '' }).id, '1');
});

test('R24 octets become text: trailing NULs dropped, UCS-2 where the coding says so', () => {
  assert.equal(receiptOctetsToText(Buffer.from('id:1\0\0', 'latin1'), 0), 'id:1');
  assert.equal(receiptOctetsToText(Buffer.from('00690064003a0031', 'hex'), 8), 'id:1');
  assert.equal(receiptOctetsToText(Buffer.from('id:1é', 'latin1'), 3), 'id:1é');
  assert.equal(receiptOctetsToText(Buffer.from('id:12', 'latin1'), 8), 'id:12', 'odd octets are no UCS-2');
});

test('our own receipt, character for character', () => {
  const writer = new ReceiptWriter();
  const text = (one: OwnReceipt): string => writer.write(one).toString('latin1');
  const receipt = {
    id: '0190f2c4a5',
    sub: 1,
    dlvrd: 1,
    submitMs: Date.UTC(2026, 8, 21, 12, 34, 59),
    doneMs: Date.UTC(2027, 0, 2, 3, 4, 5),
    state: 2,
    err: '000',
  } as const;
  const wanted =
    'id:0190f2c4a5 sub:001 dlvrd:001 submit date:2609211234 done date:2701020304 stat:DELIVRD err:000 text:';
  assert.equal(text(receipt), wanted);
  assert.equal(text(receipt), wanted, 'the same from the kept minutes');
  const later = text({ ...receipt, submitMs: receipt.submitMs + 1000, sub: 12, dlvrd: 255, text: 'Hi' });
  assert.equal(
    later,
    'id:0190f2c4a5 sub:012 dlvrd:255 submit date:2609211235 done date:2701020304 stat:DELIVRD err:000 text:Hi',
  );
  assert.equal(text({ ...receipt, text: 'x'.repeat(300) }).length, 254);
});

test('what we write, we read, whatever the order of minutes', () => {
  const one = fc.record({
    id: fc.stringMatching(/^[0-9a-z-]{1,64}$/),
    sub: fc.nat(999),
    dlvrd: fc.nat(999),
    submitMs: fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2037, 11, 31) }),
    doneMs: fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2037, 11, 31) }),
    state: fc.nat(9) as fc.Arbitrary<MessageState>,
    err: fc.stringMatching(/^[0-9A-F]{3}$/),
  });
  fc.assert(
    fc.property(fc.array(one), (receipts) => {
      const writer = new ReceiptWriter();
      for (const receipt of receipts) {
        const text = writer.write(receipt).toString('latin1');
        assert.ok(text.length <= 254);
        const read = parseReceipt(text, dates);
        assert.deepEqual(
          [read.id, Number(read.sub), Number(read.dlvrd), read.state, read.err, read.text],
          [receipt.id, receipt.sub, receipt.dlvrd, receipt.state, receipt.err, ''],
        );
        assert.equal(read.submitMs, Math.floor(receipt.submitMs / 60_000) * 60_000);
        assert.equal(read.doneMs, Math.floor(receipt.doneMs / 60_000) * 60_000);
      }
    }),
  );
});

test('no text makes the reader throw', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'id:',
      'sub:',
      'dlvrd:',
      'submit date:',
      'done date:',
      'stat:',
      'err:',
      'text:',
      ' ',
      ':',
      'DELIVRD',
      '0',
    ),
    fc.string({ unit: 'binary', maxLength: 3 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40, size: 'max' }), (pieces) => {
      parseReceipt(pieces.join(''), dates);
      parseCsvReceipt(pieces.join(','), dates);
    }),
    { numRuns: 1000 },
  );
  assert.equal(parseCsvReceipt('constructor,1', dates).state, undefined);
});

test('message states and their words', () => {
  for (let state = 0 as number; state <= 9; state++) {
    const known = stateOfValue(state);
    assert.ok(known !== undefined);
    assert.equal(stateOfWord(stateWord(known)), known);
    assert.equal(stateOfWord(stateWord(known).toLowerCase()), known);
  }
  assert.deepEqual(
    ['DELIVRD', 'EXPIRED', 'DELETED', 'UNDELIV', 'ACCEPTD', 'UNKNOWN', 'REJECTD'].map(stateOfWord),
    [2, 3, 4, 5, 6, 7, 8],
  );
  assert.deepEqual(
    [stateOfWord('FAILED'), stateOfWord('BADSTAT'), stateOfValue(10), stateOfValue(-1)],
    [5, undefined, undefined, undefined],
  );
  assert.deepEqual(([0, 9, 2] as const).map(stateFor34), [1, 8, 2]);
  const finals = ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const).filter((state) => isFinalState(state, false));
  assert.deepEqual(finals, [2, 3, 4, 5, 8, 9]);
  assert.equal(isFinalState(6, true), true);
});
