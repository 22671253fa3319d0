// What stands on disk and in the log: records of both programs, their framing, entries of the public log, and sealed octets. A
// change that a check covers never goes unseen; what none covers reads as something or is refused, and always ends.
import assert from 'node:assert/strict';
import { ByteWriter } from '../../src/base/bytes.ts';
import { closeRecord, RECORD_HEADER_OCTETS, readRecords } from '../../src/driver/records.ts';
import { RecordReader } from '../../src/guard/recordReader.ts';
import { Sealer } from '../../src/host/seal.ts';
import { decodeLeaf, encodeLeaf } from '../../src/tlog/leaf.ts';
import { decodeRecord, encodeRecord } from '../../src/tlog/record.ts';
import { FORMS, latin1 } from './guardForms.ts';
import { noise, pick, spoil, type Target } from './target.ts';

const REFUSALS = /^record (?:is cut short|header is cut short|version \d+ is not known)$/;

/** A record in order reads as what was written; a spoilt one as something, within its octets, or is refused by these words. */
export const guardRecords: Target = {
  name: 'records',
  few: 4000,
  prepare: () => ({
    draw(chance) {
      const form = pick(chance, FORMS);
      const w = new ByteWriter(256);
      const written = form.write(w, chance);
      const right = Buffer.from(w.view());
      const input = spoil(right, chance);
      return {
        input,
        check() {
          const reader = new RecordReader();
          assert.deepEqual(form.read(reader.open(right, 0, right.length)), written);
          assert.equal(reader.at, right.length);
          try {
            form.read(reader.open(input, 0, input.length));
            assert.ok(reader.at <= input.length);
          } catch (error) {
            assert.match((error as Error).message, REFUSALS);
          }
        },
      };
    },
  }),
};

/** Batches of records: every record once, in order, none beyond the end; a frame that does not fit is refused. */
export const batches: Target = {
  name: 'batches',
  few: 3000,
  prepare: () => ({
    draw(chance) {
      const w = new ByteWriter(256);
      const count = chance.below(12);
      for (let i = 0; i < count; i++) {
        const at = w.length;
        w.u8(1 + chance.below(20));
        w.u32(0);
        w.bytes(noise(chance, chance.below(60)));
        closeRecord(w.buffer, at, w.length);
      }
      const right = Buffer.from(w.view());
      const input = spoil(right, chance);
      return {
        input,
        check() {
          assert.equal(
            readRecords(right, () => {}),
            count,
          );
          let last = 0;
          try {
            readRecords(input, (_type, start, end) => {
              assert.equal(start, last + RECORD_HEADER_OCTETS);
              assert.ok(end <= input.length);
              last = end;
            });
            assert.equal(last, input.length);
          } catch (error) {
            assert.match((error as Error).message, REFUSALS);
          }
        },
      };
    },
  }),
};

/** Entries of the public log have one form: what is read is written again as the same octets, anything else is a fault. */
export const leaves: Target = {
  name: 'leaves',
  few: 3000,
  prepare: () => ({
    draw(chance) {
      const record = encodeRecord(pick(chance, ['result', 'dlr'] as const), {
        ...{ intent: chance.below(1_000_000), class: 1 + chance.below(3), segment: chance.below(256) },
        ...{ minute: chance.u32(), root: latin1(chance, 32) },
      });
      const input =
        chance.below(2) === 0 ? noise(chance, chance.below(260)) : spoil(Buffer.from(record, 'latin1'), chance);
      return {
        input,
        check() {
          const octets = input.toString('latin1');
          const leaf = decodeLeaf(octets);
          if (leaf.ok) assert.equal(encodeLeaf(leaf.value), octets);
          for (const kind of ['result', 'dlr'] as const) {
            const read = decodeRecord(kind, octets);
            if (read !== undefined) assert.equal(encodeRecord(kind, read), octets);
          }
        },
      };
    },
  }),
};

/** Sealed bodies: any change at all is seen. */
export const seals: Target = {
  name: 'seals',
  few: 600,
  prepare: () => {
    const sealer = new Sealer(Buffer.from('a storage secret'));
    const key = sealer.derive(Buffer.alloc(32, 7), 1);
    return {
      draw(chance) {
        const plain = noise(chance, 1 + chance.below(300));
        const sealed = sealer.seal(key, plain);
        const input = spoil(sealed, chance);
        return {
          input,
          check() {
            assert.ok(sealer.open(key, sealed).equals(plain));
            if (!input.equals(sealed)) assert.throws(() => sealer.open(key, input));
          },
        };
      },
    };
  },
};
