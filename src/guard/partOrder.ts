// Bind mode: a whole message of another gateway, and the order that is made of it. Account, purpose and lane are those of the
// bind; op and salts are the guard's own.
import type { SeedCommitments } from '../tlog/seedCommitments.ts';
import type { Core } from './core.ts';
import type { Link } from './links.ts';
import type { Op } from './op.ts';
import { extensionOf } from './partRecords.ts';
import type { Part } from './partsIn.ts';
import type { Upstream } from './upstreams.ts';

/** Parts in their order, and where they stand. Times are wall clock. */
export interface Message {
  readonly parts: readonly Part[];
  readonly link: Link;
  readonly upstream: Upstream;
  readonly validUntil: number;
  notBefore: number;
  tries: number;
  waits: number;
}

/** Fills an order with all but its lane, its size and its PDUs. `text` is the joined text without header. */
export function fillOrder(
  core: Core,
  commitments: SeedCommitments,
  op: Op,
  name: string,
  message: Message,
  text: Buffer,
  nowMs: number,
): void {
  const { ids } = core;
  const { parts, link, upstream } = message;
  const config = upstream.config?.mode === 'bind' ? upstream.config : null;
  const first = parts[0];
  if (first === undefined) throw new Error('a message has parts');
  op.op = name;
  op.guardId = ids.next();
  op.flags = 0;
  op.link = link.name;
  op.linkNumber = link.number;
  op.target = link;
  op.upstream = upstream.name;
  op.upstreamNumber = upstream.number;
  op.submittedAt = nowMs;
  op.validUntil = message.validUntil;
  op.account = config?.account ?? '';
  op.purpose = config?.purpose ?? '';
  op.customerReference = '';
  op.price = '';
  op.supplier = link.config.supplier.name;
  op.cost = link.config.cost;
  op.recipient = first.recipient;
  op.senderTon = first.sourceTon;
  op.senderNpi = first.sourceNpi;
  op.sender = first.source;
  op.dataCoding = first.dataCoding;
  op.fieldsSeed = commitments.fieldsSeed(first.seed);
  op.bodyCommitment = commitments.body(first.seed, first.dataCoding, text);
  op.extension = extensionOf(parts);
}
