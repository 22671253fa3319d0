// Framing: any cutting of a stream gives the same PDUs, and a length out of bounds ends it (R6).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FrameReader } from '../../src/smpp/frame.ts';

function frame(length: number, fill: number): Buffer {
  const bytes = Buffer.alloc(length, fill);
  bytes.writeUInt32BE(length, 0);
  return bytes;
}

/** All PDUs that come out, as hexadecimal; each chunk is wiped after its turn, as a reused read buffer would be. */
function read(reader: FrameReader, chunks: readonly Buffer[], perTurn = Number.POSITIVE_INFINITY): string[] {
  const out: string[] = [];
  const take = (limit: number): void => {
    for (let i = 0; i < limit && reader.next(); i++) {
      out.push(reader.buffer.toString('hex', reader.offset, reader.offset + reader.length));
    }
  };
  for (const chunk of chunks) {
    const memory = Buffer.from(chunk);
    reader.feed(memory);
    take(perTurn);
    reader.hold();
    memory.fill(0xff);
  }
  take(Number.POSITIVE_INFINITY);
  return out;
}

test('any cutting of the stream and any pace of reading give the same PDUs', () => {
  const frames = fc.array(fc.tuple(fc.integer({ min: 16, max: 700 }), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(
      frames,
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 4 }),
      (specs, cuts, pace) => {
        const all = specs.map(([length, fill]) => frame(length, fill));
        const stream = Buffer.concat(all);
        const chunks: Buffer[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = cuts[i % cuts.length] as number;
          chunks.push(stream.subarray(at, at + size));
          at += size;
        }
        const expected = all.map((one) => one.toString('hex'));
        const reader = new FrameReader();
        assert.deepEqual(read(reader, chunks), expected);
        assert.equal(reader.pendingBytes, 0);
        assert.deepEqual(read(new FrameReader(), chunks, pace), expected);
      },
    ),
    { numRuns: 500 },
  );
});

test('whole PDUs within a chunk are given in place, without a copy', () => {
  const chunk = Buffer.concat([frame(16, 1), frame(40, 2), frame(16, 3).subarray(0, 7)]);
  const reader = new FrameReader();
  reader.feed(chunk);
  assert.equal(reader.next(), true);
  assert.equal(reader.buffer, chunk);
  assert.equal(reader.next(), true);
  assert.deepEqual([reader.buffer === chunk, reader.offset, reader.length], [true, 16, 40]);
  assert.equal(reader.next(), false);
  assert.equal(reader.pendingBytes, 7);
  const rest = Buffer.concat([frame(16, 3).subarray(7), frame(20, 4)]);
  reader.feed(rest);
  assert.equal(reader.next(), true);
  assert.notEqual(reader.buffer, rest, 'the PDU across two chunks is put together');
  assert.equal(reader.next(), true);
  assert.equal(reader.buffer, rest, 'the one behind it is not copied');
});

test('a length out of bounds is a fault, at once, for good, and costs no memory', () => {
  const bad: readonly [Buffer, number][] = [
    [Buffer.from([0, 0, 0, 15]), 15],
    [Buffer.from([0, 0, 0, 0]), 0],
    [Buffer.from([0, 1, 0x11, 0x71]), 70_001],
    [Buffer.from('GET / HTTP/1.1\r\n', 'latin1'), 0x47455420],
    [Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]), 0x16030102],
    [Buffer.from([0xff, 0xff, 0xff, 0xff]), 0xffffffff],
  ];
  for (const [bytes, commandLength] of bad) {
    for (const cut of [bytes.length, 1, 2]) {
      const reader = new FrameReader();
      reader.feed(frame(16, 9));
      assert.equal(reader.next(), true);
      reader.feed(bytes.subarray(0, cut));
      assert.equal(reader.next(), false);
      if (cut >= 4) assert.equal(reader.fault?.commandLength, commandLength, 'at once');
      reader.feed(bytes.subarray(cut));
      assert.equal(reader.next(), false);
      assert.deepEqual(reader.fault, { code: 'commandLength', commandLength });
      reader.feed(frame(16, 9));
      assert.equal(reader.next(), false, 'nothing comes after a fault');
      assert.equal(reader.pendingBytes, 0);
    }
  }
});

test('PDUs before a bad length still come', () => {
  const reader = new FrameReader(100);
  assert.equal(read(reader, [Buffer.concat([frame(100, 1), frame(16, 2), Buffer.from([0, 0, 0, 101])])]).length, 2);
  assert.deepEqual(reader.fault, { code: 'commandLength', commandLength: 101 });
});

test('what is kept never exceeds one PDU and the rest of a chunk', () => {
  const reader = new FrameReader();
  const stream = Buffer.concat(Array.from({ length: 40 }, (_, i) => frame(65_000, i)));
  for (let at = 0; at < stream.length; at += 1460) {
    reader.feed(stream.subarray(at, at + 1460));
    while (reader.next()) assert.ok(reader.buffer.length <= 140_000);
    assert.ok(reader.pendingBytes < 65_000);
  }
});

test('who stops reading and feeds on loses nothing', () => {
  const reader = new FrameReader();
  reader.feed(Buffer.concat([frame(16, 1), frame(20, 2), frame(24, 3)]));
  assert.equal(reader.next(), true);
  reader.feed(frame(28, 4));
  assert.equal(reader.pendingBytes, 20 + 24 + 28);
  const lengths: number[] = [];
  while (reader.next()) lengths.push(reader.length);
  assert.deepEqual(lengths, [20, 24, 28]);
});

test('an idle connection gives a large buffer back', () => {
  const reader = new FrameReader();
  const large = frame(60_000, 1);
  read(reader, [large.subarray(0, 50_000), large.subarray(50_000)]);
  const small = frame(20, 2);
  reader.feed(small.subarray(0, 10));
  assert.equal(reader.next(), false);
  reader.feed(small.subarray(10));
  assert.equal(reader.next(), true);
  assert.ok(reader.buffer.length <= 16_384, `${reader.buffer.length}`);
});
