// Item 22: whatever bytes come, before or after a bind, a peer answers, lives or closes; it never throws, wedges or grows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteWriter } from '../../src/base/bytes.ts';
import { listenSmpp } from '../../src/driver/smppServer.ts';
import { COMMAND_TABLE } from '../../src/smpp/commands.ts';
import { encode } from '../../src/smpp/encode.ts';
import { deliverSm, submitSm } from '../../src/smpp/pdu.ts';
import { Owner, peerOptions } from './owner.ts';
import { manualWorld, type PipeEnd } from './world.ts';

interface Line {
  readonly world: ReturnType<typeof manualWorld>;
  readonly far: PipeEnd;
  readonly mc: Owner;
  /** Command ids, statuses and numbers that came back since the last call. */
  answers(): [number, number, number][];
  closed(): boolean;
}

async function line(): Promise<Line> {
  const world = manualWorld();
  const mc = new Owner();
  const listen = { host: '', port: 2775, tls: null, proxies: null, maxConnectionsPerAddress: 9, maxConnections: 9 };
  const options = { listen, peer: peerOptions, maxUnbound: 4, acceptsPerSecond: 1000, outbinds: false };
  await listenSmpp<number>(world, options, mc);
  let input = Buffer.alloc(0);
  let closed = false;
  const far = world.net.connect(
    { host: 'mc', port: 2775, connectTimeoutMs: 1, tls: null },
    {
      opened() {},
      bytes: (bytes) => {
        input = Buffer.concat([input, bytes]);
      },
      drained() {},
      closed: () => {
        closed = true;
      },
    },
  );
  world.loop.settle();
  return {
    world,
    far,
    mc,
    answers() {
      const all: [number, number, number][] = [];
      while (input.length >= 16) {
        all.push([input.readUInt32BE(4), input.readUInt32BE(8), input.readUInt32BE(12)]);
        input = input.subarray(input.readUInt32BE(0));
      }
      assert.equal(input.length, 0, 'whole PDUs only');
      return all;
    },
    closed: () => closed,
  };
}

const BIND = Buffer.from('0000001f0000000900000000000000016100' + '6200' + '00' + '340000' + '00', 'hex');
BIND.writeUInt32BE(BIND.length, 0);

function enquire(sequence: number): Buffer {
  const pdu = Buffer.from('00000010000000150000000000000000', 'hex');
  pdu.writeUInt32BE(sequence, 12);
  return pdu;
}

function sample(): Buffer[] {
  const writer = new ByteWriter();
  const fields = { sequence: 7, sourceAddrTon: 5, sourceAddr: 'INFO', destAddrTon: 1, destAddrNpi: 1 };
  const text = Buffer.from('a text of some length');
  const samples: Buffer[] = [BIND, enquire(9)];
  for (const pdu of [
    submitSm({ ...fields, destinationAddr: '491700000001', shortMessage: text }),
    submitSm({
      ...fields,
      destinationAddr: '491700000001',
      tlvs: [
        { tag: 0x0424, value: text },
        { tag: 0x0204, value: Buffer.from([0, 1]) },
      ],
    }),
    deliverSm({ ...fields, destinationAddr: '1234', shortMessage: text }),
  ]) {
    writer.reset();
    assert.ok(encode(writer, pdu, 0x34).ok);
    samples.push(Buffer.from(writer.view()));
  }
  for (const { id } of COMMAND_TABLE) {
    const bare = enquire(11);
    bare.writeUInt32BE(id, 4);
    samples.push(bare);
  }
  return samples;
}

/** A small generator of its own, so that a failing round can be run again. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 0x1_0000_0000;
  };
}

test('10,000 mutated PDUs on live sessions: answered, ignored or closed, and the session still answers if it lives', async () => {
  const samples = sample();
  const draw = random(20_261_125);
  let one = await line();
  one.far.write(BIND);
  one.world.loop.settle();
  let sessions = 1;
  let lived = 0;
  for (let round = 0; round < 10_000; round++) {
    const pdu = Buffer.from(samples[Math.floor(draw() * samples.length)] as Buffer);
    for (let changes = Math.floor(draw() * 4); changes >= 0; changes--) {
      // Mostly behind command_length, which would only end the session.
      const at = draw() < 0.03 ? Math.floor(draw() * 4) : 4 + Math.floor(draw() * (pdu.length - 4));
      pdu[at] = draw() < 0.5 ? Math.floor(draw() * 256) : (pdu[at] as number) ^ (1 << Math.floor(draw() * 8));
    }
    one.far.write(pdu);
    one.world.loop.settle();
    one.answers();
    // An unfinished PDU waits for the rest; the timer ends it.
    if (!one.closed()) {
      one.far.write(enquire(round));
      one.world.loop.settle();
      const alive = one.answers().some(([id, , sequence]) => id === 0x80000015 && sequence === round);
      if (alive) lived++;
      else if (!one.closed()) {
        one.world.loop.pass(70_000);
        assert.ok(one.closed(), `round ${round}: neither answers nor closes: ${pdu.toString('hex')}`);
      }
    }
    if (one.closed()) {
      one = await line();
      one.far.write(BIND);
      one.world.loop.settle();
      one.answers();
      sessions++;
    }
  }
  assert.ok(lived > 5_000, `${lived} rounds left the session alive`);
  assert.ok(sessions > 10, `${sessions} sessions`);
});

test('property: any bytes before a bind, in any pieces: the connection is closed within its timers', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 }), async (pieces) => {
      const one = await line();
      for (const piece of pieces) {
        one.far.write(Buffer.from(piece));
        one.world.loop.settle();
      }
      one.answers();
      one.world.loop.pass(20_000);
      assert.ok(one.closed());
    }),
    { numRuns: 200 },
  );
});

test('R6 HTTP and TLS on the port, and lengths out of bounds: one nack 0x02 with number 0, then closed', async () => {
  for (const bytes of [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from('16030100f1010000', 'hex'),
    Buffer.from('00000008', 'hex'),
    Buffer.from('0000000f', 'hex'),
    Buffer.from('00000000', 'hex'),
    Buffer.from('7fffffff', 'hex'),
    Buffer.from('00011171', 'hex'),
  ]) {
    const one = await line();
    one.far.write(bytes);
    one.world.loop.settle();
    assert.deepEqual(one.answers(), [[0x80000000, 2, 0]]);
    assert.equal(one.closed(), true);
  }
});

test('item 24: every recognised request gets its own response with its own number, bound or not', async () => {
  for (const bound of [false, true]) {
    for (const { id, isResponse, responseId } of COMMAND_TABLE) {
      if (isResponse || id === 0x06 || (!bound && (id === 1 || id === 2 || id === 9))) continue;
      const one = await line();
      if (bound) one.far.write(BIND);
      one.world.loop.settle();
      one.answers();
      const bare = enquire(0xfedcba98);
      bare.writeUInt32BE(id, 4);
      one.far.write(bare);
      one.world.loop.settle();
      const answers = one.answers();
      const what = `${id.toString(16)} ${bound ? 'bound' : 'unbound'}: ${JSON.stringify(answers)}`;
      assert.equal(answers.length, 1, what);
      assert.equal(answers[0]?.[0], responseId === 0 ? 0x80000000 : responseId, what);
      assert.equal(answers[0]?.[2], 0xfedcba98, what);
    }
  }
});

test('a PDU that comes octet by octet is taken; one that never ends is closed after 10 s', async () => {
  const one = await line();
  for (const octet of BIND) {
    one.far.write(Buffer.from([octet]));
    one.world.loop.pass(200);
  }
  assert.deepEqual(one.answers(), [[0x80000009, 0, 1]]);
  one.far.write(enquire(1).subarray(0, 15));
  one.world.loop.pass(9_999);
  assert.equal(one.closed(), false);
  one.world.loop.pass(2);
  assert.equal(one.closed(), true);
});

test('reads that always end within a PDU are no partial PDU that never ends', async () => {
  const one = await line();
  one.far.write(BIND);
  one.world.loop.settle();
  one.answers();
  one.far.write(enquire(0).subarray(0, 8));
  for (let i = 1; i <= 60; i++) {
    one.far.write(Buffer.concat([enquire(i - 1).subarray(8), enquire(i).subarray(0, 8)]));
    one.world.loop.pass(1_000);
  }
  assert.equal(one.closed(), false);
  assert.equal(one.answers().filter(([id]) => id === 0x80000015).length, 60);
});
