// Whether a link at its rate takes an order: the next PIN always, so that nobody has its slot while it is away.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admits } from '../../src/guard/admits.ts';
import type { Link } from '../../src/guard/links.ts';
import type { Op } from '../../src/guard/op.ts';
import { Pace } from '../../src/guard/pace.ts';
import { WaitingOrders } from '../../src/guard/waitingOrders.ts';
import { Pacer } from '../../src/queue/throttle.ts';
import { Status } from '../../src/smpp/status.table.ts';

const PIN = 0;
const BULK = 2;

test('a slot that is a second away: a PIN waits for it, others and further PINs come again', () => {
  const pacer = new Pacer(1);
  const pace = new Pace();
  pace.letGo(pacer, 0);
  pacer.written(1, 1);
  const link = { usable: true, reason: '', pacer } as unknown as Link;
  const waiting = new WaitingOrders();
  const status = (lane: number): number => admits(link, pace, waiting, 0, lane, 1, 10)?.status ?? Status.ESME_ROK;
  assert.equal(status(BULK), Status.ESME_RTHROTTLED);
  assert.equal(status(PIN), Status.ESME_ROK);
  waiting.add({ lane: BULK, total: 1 } as Op);
  assert.equal(status(PIN), Status.ESME_ROK, 'others go behind it');
  waiting.add({ lane: PIN, total: 1 } as Op);
  assert.equal(status(PIN), Status.ESME_RTHROTTLED);
});
