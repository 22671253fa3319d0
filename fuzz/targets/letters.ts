// The gateway's messages as they stand in its journal: whole ones come back as they were; spoilt ones as something that fits in
// memory, or by an exception at recovery, which then does not go on.
import assert from 'node:assert/strict';
import { ByteWriter } from '../../src/base/bytes.ts';
import { Slab } from '../../src/base/slab.ts';
import { MessagePhase } from '../../src/gateway/layout.ts';
import { addEvent, EventKind } from '../../src/gateway/letters.ts';
import type { MoMessage } from '../../src/gateway/mo.ts';
import { readMo, writeMo } from '../../src/gateway/moRecord.ts';
import { readMessage, secretsOf, writeMessage } from '../../src/gateway/records.ts';
import { MessageStore } from '../../src/gateway/store.ts';
import type { Chance } from '../../src/operator/chance.ts';
import { latin1 } from './guardForms.ts';
import { noise, pick, spoil, type Target } from './target.ts';

const CHUNK_BYTES = 262_144;
const EVENT_ROOM = 6;
const OUT_OF_RANGE = /range|bounds|offset/i;

function fill(store: MessageStore, chance: Chance): number {
  const handle = store.take();
  store.segments[handle] = 1 + chance.below(10);
  const parts = {
    ...{ source: latin1(chance, chance.below(12)), destination: '491700000001', serviceType: '' },
    ...{ written: pick(chance, ['491700000001', '+491700000001']), reference: latin1(chance, chance.below(65)) },
    ...{ segments: store.segments[handle] as number, body: noise(chance, chance.below(300)) },
  };
  assert.ok(store.writeLetter(handle, parts, EVENT_ROOM));
  store.phase[handle] = MessagePhase.sent;
  store.account[handle] = chance.below(50);
  store.pricePerSegment[handle] = chance.below(100_000);
  store.acceptedAt[handle] = 1_700_000_000_000 + chance.below(1e9);
  for (let i = chance.below(8); i > 0; i--)
    addEvent(store, handle, EventKind.accepted, 255, 0, 0, 1_700_000_000_000, 1);
  return handle;
}

function told(store: MessageStore, handle: number): unknown {
  const columns = ['segments', 'phase', 'account', 'pricePerSegment', 'acceptedAt', 'link', 'terminal'] as const;
  return [
    ...columns.map((column) => store[column][handle]),
    ...[store.source(handle), store.destination(handle), store.written(handle), store.reference(handle)],
    store.body(handle).toString('hex'),
  ];
}

export const messages: Target = {
  name: 'messages',
  few: 1500,
  prepare: () => ({
    draw(chance) {
      const store = new MessageStore(4, 4, new Slab(CHUNK_BYTES, 2));
      const handle = fill(store, chance);
      const w = new ByteWriter(512);
      const secrets = Buffer.from(secretsOf(store, handle, new ByteWriter(512)));
      writeMessage(w, store, handle, 0);
      const right = Buffer.from(w.view());
      const input = spoil(right, chance);
      return {
        input,
        check() {
          const other = new MessageStore(4, 4, new Slab(CHUNK_BYTES, 2));
          const again = other.take();
          assert.ok(readMessage(right, 0, right.length, secrets, other, again));
          assert.deepEqual(told(other, again), told(store, handle));
          try {
            if (readMessage(input, 0, input.length, secrets, other, other.take())) assert.equal(other.count, 2);
          } catch (error) {
            assert.ok(error instanceof RangeError && OUT_OF_RANGE.test(error.message), String(error));
          }
        },
      };
    },
  }),
};

export const mos: Target = {
  name: 'mo',
  few: 1500,
  prepare: () => ({
    draw(chance) {
      const userData = noise(chance, chance.below(200));
      const mo: MoMessage = {
        ...{ number: chance.u32(), account: chance.below(65_536), link: chance.below(65_536), at: chance.u32() },
        ...{ eventNumber: chance.u32(), sourceTon: 1, sourceNpi: 1, source: latin1(chance, chance.below(66)) },
        ...{ destTon: 0, destNpi: 0, destination: latin1(chance, chance.below(66)), esmClass: 0x40 },
        ...{ dataCoding: chance.below(256), userData, homeSeq: 0, sent: false },
      };
      const w = new ByteWriter(256);
      writeMo(w, mo, 0);
      const right = Buffer.from(w.view());
      const input = spoil(right, chance);
      return {
        input,
        check() {
          assert.deepEqual(readMo(right, 0, userData), mo);
          try {
            const read = readMo(input, 0, userData);
            assert.ok(read !== null && read.userData.length <= userData.length);
          } catch (error) {
            assert.ok(error instanceof RangeError && OUT_OF_RANGE.test(error.message), String(error));
          }
        },
      };
    },
  }),
};
