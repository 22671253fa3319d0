// PROXY heads, the loop, hashes and passwords, and what the log lets through.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCrypto } from '../../src/host/crypto.ts';
import { createLog } from '../../src/host/log.ts';
import { createLoop } from '../../src/host/loop.ts';
import { canonicalAddress, readProxyHead } from '../../src/host/proxyProtocol.ts';
import { TimerHeap } from '../../src/host/timerHeap.ts';

const SIGNATURE = '0d0a0d0a000d0a515549540a';

test('R9 PROXY v1: good lines, wrong ones, and every prefix of a good one', () => {
  const line = 'PROXY TCP6 2001:db8::1 2001:DB8:0::2 1 65535\r\n';
  assert.deepEqual(readProxyHead(Buffer.from(`${line}\x00\x00`, 'latin1')), {
    code: 'proxied',
    length: line.length,
    sourceAddress: '2001:db8::1',
    sourcePort: 1,
    destinationAddress: '2001:DB8:0::2',
    destinationPort: 65535,
  });
  for (let i = 0; i < line.length; i++)
    assert.equal(readProxyHead(Buffer.from(line.slice(0, i), 'latin1')).code, 'more', `${i} octets`);
  assert.deepEqual(readProxyHead(Buffer.from('PROXY UNKNOWN ffff:: 1\r\n')), { code: 'local', length: 24 });
  for (const wrong of [
    'PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n',
    'PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n',
    'PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n',
    'PROXY TCP4 1.2.3.256 5.6.7.8 1 2\r\n',
    'PROXY TCP4 ::1 ::2 1 2\r\n',
    'PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n',
    'PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n',
    'PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n',
    `PROXY TCP4 ${'1'.repeat(107)}`,
    'PROXX',
    'GET / HTTP/1.1\r\n',
    '\x00\x00\x00\x10',
  ])
    assert.equal(readProxyHead(Buffer.from(wrong, 'latin1')).code, 'bad', wrong);
});

test('R9 PROXY v2: both families, TLVs passed over, LOCAL, and wrong ones', () => {
  const four = Buffer.from(`${SIGNATURE}2111000f${'cb007109'}${'c6336402'}c7380ad7010000`, 'hex');
  assert.deepEqual(readProxyHead(four), {
    code: 'proxied',
    length: 31,
    sourceAddress: '203.0.113.9',
    sourcePort: 0xc738,
    destinationAddress: '198.51.100.2',
    destinationPort: 2775,
  });
  for (let i = 0; i < four.length; i++) assert.equal(readProxyHead(four.subarray(0, i)).code, 'more', `${i} octets`);
  const six = Buffer.from(
    `${SIGNATURE}21210024${'20010db8'.padEnd(31, '0')}1${'20010db8'.padEnd(31, '0')}2000a0ad7`,
    'hex',
  );
  const head = readProxyHead(six);
  assert.deepEqual([head.code, 'sourceAddress' in head && head.sourceAddress], ['proxied', '2001:db8::1']);
  assert.deepEqual(readProxyHead(Buffer.from(`${SIGNATURE}20000000`, 'hex')), { code: 'local', length: 16 });
  for (const wrong of ['3111000c', '2211000c', '2112000c', '21310000', '2111ffff', '21110000', '21210023'])
    assert.equal(readProxyHead(Buffer.from(`${SIGNATURE}${wrong}${'00'.repeat(40)}`, 'hex')).code, 'bad', wrong);
});

test('R9 property: any octets give a verdict, and a head never claims more than it was given', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom('', 'PROXY ', 'PROXY TCP4 '), (octets, lead) => {
      const bytes = Buffer.concat([Buffer.from(lead), Buffer.from(octets)]);
      const head = readProxyHead(bytes);
      if (head.code === 'proxied' || head.code === 'local') assert.ok(head.length <= bytes.length);
    }),
  );
});

test('one spelling per address', () => {
  assert.equal(canonicalAddress('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(canonicalAddress('::FFFF:c000:0201'), '192.0.2.1');
  assert.equal(canonicalAddress('2001:DB8:0:0:0:0:0:1'), '2001:db8::1');
  assert.equal(canonicalAddress('192.0.2.1'), '192.0.2.1');
});

test('property: alarms ring in order, taken back ones never', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ at: fc.nat(50), cancel: fc.boolean() }), { maxLength: 60 }), (wanted) => {
      const heap = new TimerHeap();
      const rung: number[] = [];
      const alarms = wanted.map(({ at }, i) => heap.add(at, () => void rung.push(i)));
      wanted.forEach(({ cancel }, i) => {
        if (cancel) alarms[i]?.cancel();
      });
      for (let alarm = heap.take(100); alarm !== null; alarm = heap.take(100)) alarm.run();
      const expected = wanted
        .map(({ at, cancel }, i) => ({ at, cancel, i }))
        .filter((one) => !one.cancel)
        .sort((a, b) => a.at - b.at || a.i - b.i)
        .map((one) => one.i);
      assert.deepEqual(rung, expected);
      assert.equal(heap.size, 0);
    }),
  );
});

test('the loop: ends of turns in order, alarms in order and never early, one taken back never', async () => {
  const loop = createLoop();
  const seen: string[] = [];
  const startMs = loop.monotonic();
  const taken = loop.wakeAt(startMs + 5, () => seen.push('taken back'));
  await new Promise<void>((resolve) => {
    loop.wakeAt(startMs + 20, () => {
      assert.ok(loop.monotonic() >= startMs + 20);
      seen.push('late');
      resolve();
    });
    loop.wakeAt(startMs + 10, () => {
      assert.ok(loop.monotonic() >= startMs + 10);
      seen.push('early');
    });
    loop.endOfTurn(() => {
      seen.push('turn');
      loop.endOfTurn(() => seen.push('next turn'));
    });
    seen.push('now');
    taken.cancel();
  });
  // On a busy machine everything is due before the first turn ends.
  for (let turns = 0; turns < 2; turns++) await new Promise<void>((done) => setImmediate(done));
  assert.equal(seen[0], 'now');
  assert.deepEqual(
    seen.filter((one) => one.endsWith('turn')),
    ['turn', 'next turn'],
  );
  assert.deepEqual(
    seen.filter((one) => !one.endsWith('turn')),
    ['now', 'early', 'late'],
  );
});

test('one-shot SHA-256 gives the octets of the hash, as a buffer or one character each', () => {
  const crypto = createCrypto();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 9000 }), (octets) => {
      const expected = createHash('sha256').update(octets).digest();
      assert.equal(crypto.sha256Octets(Buffer.from(octets)), expected.latin1Slice());
      assert.deepEqual(crypto.sha256(octets), expected);
    }),
    { numRuns: 50 },
  );
  // RFC 4231, test case 2.
  const mac = crypto.hmacSha256(Buffer.from('Jefe'), Buffer.from('what do ya want for nothing?'));
  assert.equal(mac.toString('hex'), '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
  assert.equal(crypto.equal(Buffer.from('ab'), Buffer.from('ab')), true);
  assert.equal(crypto.equal(Buffer.from('ab'), Buffer.from('abc')), false);
});

test('passwords: salted, checked, and a broken or costly stored hash is a refusal', async () => {
  const crypto = createCrypto();
  const stored = await crypto.hashPassword('secret');
  assert.notEqual(stored, await crypto.hashPassword('secret'));
  assert.equal(await crypto.verifyPassword('secret', stored), true);
  assert.equal(await crypto.verifyPassword('Secret', stored), false);
  for (const broken of [
    '',
    'secret',
    'scrypt$32768$8$1$$',
    stored.replace('32768', '1073741824'),
    `${stored}$x`,
    stored.replace('32768', '3'),
  ])
    assert.equal(await crypto.verifyPassword('secret', broken), false, broken);
});

test('the log: one JSON line per event, nothing that looks like a secret, a text or a number', () => {
  const lines: string[] = [];
  const log = createLog('info', (line) => {
    lines.push(line);
  }).child({ link: 'alpha' });
  log.info('bound', {
    address: '203.0.113.255:2775',
    day: '2026-11-25',
    note: 'from +49 170 0000001 to 491700000001, again 0049-170-0000001',
    numbers: ['491700000001', 'ok'],
    password: 'secret',
    orderToken: 'abc',
    shortMessage: 'Your code is 1234',
    code: 'refused',
    status: 13,
    destinationAddr: 491700000001,
    retryMs: 1_700_000_000_000,
  });
  assert.equal(lines.length, 1);
  const line = JSON.parse(lines[0] ?? '');
  assert.deepEqual(
    [line.event, line.link, line.code, line.status, line.retryMs],
    ['bound', 'alpha', 'refused', 13, 1_700_000_000_000],
  );
  assert.deepEqual([line.address, line.day], ['203.0.113.255:2775', '2026-11-25']);
  assert.deepEqual([line.password, line.orderToken, line.shortMessage], ['[redacted]', '[redacted]', '[redacted]']);
  assert.ok(!/1700000001|170 ?-?0000001|1234|secret/.test(lines[0] ?? ''), lines[0] ?? '');
});
