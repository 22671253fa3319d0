// The rooms of the simulated operator one by one, against models that are plain and slow.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Chance, drawDelay, drawWeighted } from '../../src/operator/chance.ts';
import { defaultBehaviour } from '../../src/operator/config.ts';
import { Digest, DigestTable, digestOf } from '../../src/operator/digest.ts';
import { MessageIds } from '../../src/operator/ids.ts';
import { SecondCounter } from '../../src/operator/rate.ts';
import { applySettings, parseDistribution, parseFaults } from '../../src/operator/spec.ts';
import { Wheel } from '../../src/operator/wheel.ts';
import { Frames } from '../../src/operator/wire.ts';

test('wheel: everything fires once, in order of its millisecond, never before it, at the first advance that reaches it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 30_000 }), { minLength: 1, maxLength: 60 }),
      fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 20 }),
      (delays, steps) => {
        const wheel = new Wheel(1000, delays.length);
        for (const [entry, delay] of delays.entries()) wheel.add(entry, 1000 + delay);
        const fired: number[] = [];
        let now = 1000;
        for (const step of [...steps, 40_000]) {
          const before = now;
          now += step;
          const from = fired.length;
          wheel.advance(now, (entry) => fired.push(entry));
          for (const entry of fired.slice(from)) {
            const due = Math.max(1001, 1000 + (delays[entry] as number));
            assert.ok(due <= now && due > before, `due ${due}, window ${before}…${now}`);
          }
        }
        assert.deepEqual(
          [...fired].sort((a, b) => a - b),
          [...delays.keys()],
        );
        const dues = fired.map((entry) => Math.max(1, delays[entry] as number));
        assert.deepEqual(
          dues,
          [...dues].sort((a, b) => a - b),
        );
        assert.equal(wheel.nextMs(), null);
      },
    ),
  );
});

test('wheel: nextMs is never later than the first entry that is due', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 20 }), (delays) => {
      const wheel = new Wheel(0, delays.length);
      for (const [entry, delay] of delays.entries()) wheel.add(entry, delay);
      const next = wheel.nextMs();
      assert.ok(next !== null && next <= Math.min(...delays));
    }),
  );
});

test('second counter: counts every window of one second, wherever it begins', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 3000 }), (gaps) => {
      const counter = new SecondCounter();
      const times: number[] = [];
      let now = 0;
      let peak = 0;
      for (const gap of gaps) {
        now += gap / 10;
        times.push(now);
        const expected = times.filter((time) => time > now - 1000).length;
        peak = Math.max(peak, expected);
        assert.equal(counter.add(now), expected);
      }
      assert.equal(counter.peak, peak);
      assert.equal(counter.within(now + 1001), 0);
    }),
    { numRuns: 20 },
  );
});

test('digest table: the counts are those of a map, through growth, and the dump holds them all', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 800 }), (texts) => {
      const table = new DigestTable(16);
      const digest = new Digest();
      const model = new Map<number, number>();
      for (const text of texts) {
        digestOf(digest, '447911000001', `text ${text}`);
        model.set(text, (model.get(text) ?? 0) + 1);
        assert.equal(table.add(digest.high, digest.low), model.get(text));
      }
      assert.deepEqual([table.distinct, table.total], [model.size, texts.length]);
      const dump = table.dump();
      let total = 0;
      for (let at = 0; at < dump.length; at += 12) total += dump.readUInt32BE(at + 8);
      assert.deepEqual([dump.length / 12, total], [model.size, texts.length]);
    }),
  );
});

test('digest: half a million texts that differ in little have no digest in common, and each half uses all its bits', () => {
  const digest = new Digest();
  const table = new DigestTable(1 << 20);
  let high = 0;
  let low = 0;
  for (let i = 0; i < 500_000; i += 1) {
    digestOf(digest, String(447_911_000_000 + (i % 1000)), `Your code is ${Math.floor(i / 1000)}`);
    table.add(digest.high, digest.low);
    high |= digest.high;
    low |= digest.low;
  }
  assert.deepEqual([table.distinct, high >>> 0, low >>> 0], [500_000, 0xffffffff, 0xffffffff]);
});

test('message ids: what is written is what text says, and is read back, in both bases', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 0xffffffff }),
      fc.constantFrom('hex' as const, 'dec' as const),
      fc.boolean(),
      (number, base, other) => {
        const ids = new MessageIds(base, 1_795_000_000);
        const out = Buffer.alloc(64);
        const end = ids.write(out, 3, number, other);
        assert.equal(out.latin1Slice(3, end), ids.text(number, other));
        assert.equal(end - 3, ids.length(number, other));
        assert.equal(ids.parse(ids.text(number, false)), number);
        assert.equal(BigInt(`0x${ids.text(number, base === 'dec')}`), BigInt(ids.text(number, base === 'hex')));
      },
    ),
  );
});

test('frames: PDUs come out whole however the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 30 }),
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 40 }),
      (bodies, cuts) => {
        const pdus = bodies.map((body) => {
          const pdu = Buffer.alloc(16 + body.length);
          pdu.writeUInt32BE(pdu.length, 0);
          pdu.set(body, 16);
          return pdu;
        });
        const stream = Buffer.concat(pdus);
        const frames = new Frames();
        const got: string[] = [];
        let at = 0;
        for (let i = 0; at < stream.length; i += 1) {
          const end = Math.min(stream.length, at + (cuts[i % cuts.length] as number));
          // A copy that is spoiled afterwards: nothing may keep the input.
          const piece = Buffer.from(stream.subarray(at, end));
          frames.feed(
            piece,
            (bytes, from, to) => {
              got.push(bytes.toString('hex', from, to));
              return true;
            },
            () => assert.fail('length was right'),
          );
          piece.fill(0xff);
          at = end;
        }
        assert.deepEqual(
          got,
          pdus.map((pdu) => pdu.toString('hex')),
        );
      },
    ),
  );
});

test('delays and weights follow what is written', () => {
  const chance = new Chance(3);
  const draw = (text: string): number[] => {
    const read = parseDistribution(text);
    assert.ok(read.ok, text);
    return Array.from({ length: 20_000 }, () => drawDelay(read.value, chance)).sort((a, b) => a - b);
  };
  const uniform = draw('5-20ms');
  assert.ok((uniform[0] as number) >= 5 && (uniform.at(-1) as number) < 20);
  assert.ok(Math.abs((uniform[10_000] as number) - 12.5) < 0.5);
  const lognormal = draw('lognormal:10ms,0.5,200ms');
  assert.ok(Math.abs((lognormal[10_000] as number) - 10) < 0.5);
  // 84th percentile of a lognormal is median × e^sigma.
  assert.ok(Math.abs((lognormal[16_826] as number) - 16.5) < 1);
  assert.ok((lognormal.at(-1) as number) <= 200);
  assert.deepEqual(new Set(draw('1.5s')), new Set([1500]));
  const settings = applySettings(defaultBehaviour, { receipts: 'DELIVRD=3,UNDELIV=1', statuses: '0=9,0x58=1' });
  assert.ok(settings.ok);
  const states = Array.from({ length: 20_000 }, () => drawWeighted(settings.value.receipts, chance));
  assert.ok(Math.abs(states.filter((state) => state === 5).length - 5000) < 250);
  const statuses = Array.from({ length: 20_000 }, () => drawWeighted(settings.value.statuses, chance));
  assert.ok(Math.abs(statuses.filter((status) => status === 0x58).length - 2000) < 200);
});

test('what is written wrongly is told, every fault at once', () => {
  for (const text of ['', 'fast', '20-5ms', '5-', 'lognormal:10ms', '-3ms', '2h', '100000s'])
    assert.equal(parseDistribution(text).ok, false, text);
  const rates = parseFaults('lies=0.5,garbage');
  assert.deepEqual(rates.ok && rates.value, { lies: 0.5, garbage: 1 });
  for (const text of ['lie', 'lies=2', 'lies=x', 'constructor']) assert.equal(parseFaults(text).ok, false, text);
  const settings = applySettings(defaultBehaviour, {
    receipts: 'GONE',
    statuses: '1e3',
    'mo-rate': '-1',
    nothing: 'x',
    latency: '5ms',
  });
  assert.deepEqual(!settings.ok && settings.error.map(({ path }) => path), [
    'receipts',
    'statuses',
    'mo-rate',
    'nothing',
  ]);
});
