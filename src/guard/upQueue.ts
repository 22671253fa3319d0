// What waits to go up to one upstream over one link: receipts as tokens (handle · 256 + segment, or part of bind mode),
// mobile-originated messages as negative ones. Repeated until it is answered with 0; the answer is journalled.
import type { Alarm } from '../port/loop.ts';
import type { DeliverSm } from '../smpp/pdu.ts';
import { Status, statusWords } from '../smpp/status.table.ts';
import type { Core } from './core.ts';
import { Deque } from './deque.ts';
import type { Link } from './links.ts';
import { UpReceipts } from './upReceipt.ts';
import type { UpstreamBind } from './upstreamBind.ts';
import type { Upstream } from './upstreams.ts';

const AGAIN_MS = 1000;

export class UpQueue {
  readonly #core: Core;
  readonly #upstream: Upstream;
  readonly #link: Link;
  readonly #waiting = new Deque<number>();
  readonly #receipts: UpReceipts;
  #alarm: Alarm | null = null;
  #notBefore = 0;
  /** What a bind cannot be told at all is answered from within `send`; it must not begin a second round. */
  #pumping = false;

  constructor(core: Core, upstream: Upstream, link: Link) {
    this.#core = core;
    this.#receipts = new UpReceipts(core);
    this.#upstream = upstream;
    this.#link = link;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  add(token: number): void {
    this.#waiting.push(token);
    this.pump();
  }

  pump(): void {
    if (this.#waiting.length === 0 || this.#core.halted || this.#pumping) return;
    if (this.#notBefore > 0 && this.#core.world.loop.monotonic() < this.#notBefore) return;
    this.#pumping = true;
    for (const bind of this.#upstream.binds) if (bind.link === this.#link && bind.receives) this.#fill(bind);
    this.#pumping = false;
  }

  #fill(bind: UpstreamBind): void {
    while (bind.peer.room > 0) {
      const token = this.#waiting.shift();
      if (token === undefined) return;
      const pdu = this.#make(token);
      if (pdu === null) continue;
      if (bind.peer.send(pdu, token) === null) {
        this.#waiting.unshift(token);
        return;
      }
    }
  }

  #make(token: number): DeliverSm | null {
    if (token < 0) return this.#core.upstreams.mo.pdu(-token - 1);
    if (this.#core.sent.extended(Math.floor(token / 256)))
      return this.#core.upstreams.partReceipts.receiptPdu(token, this.#receipts);
    return this.#receipts.make(token);
  }

  /** The upstream's answer. */
  answered(token: number, status: number): void {
    if (status === Status.ESME_ROK || status === Status.ESME_RX_P_APPN || status === Status.ESME_RX_R_APPN) {
      if (status !== 0)
        this.#core.world.log.warn('upstream refuses a delivery for good', {
          upstream: this.#upstream.name,
          status: statusWords(status),
        });
      this.#taken(token);
      this.pump();
      return;
    }
    this.again(token);
    this.#notBefore = this.#core.world.loop.monotonic() + AGAIN_MS;
  }

  readonly #rang = (): void => {
    this.#alarm = null;
    this.#notBefore = 0;
    this.pump();
  };

  #taken(token: number): void {
    const { upstreams, receipts, counters } = this.#core;
    if (token < 0) {
      upstreams.mo.taken(-token - 1);
      return;
    }
    counters.receipts_up++;
    const handle = Math.floor(token / 256);
    if (this.#core.sent.extended(handle)) upstreams.partReceipts.receiptTaken(token);
    else receipts.taken(handle, token % 256);
  }

  /** No answer, or "later": it goes again, first, on another bind or in a while. */
  again(token: number): void {
    const { loop } = this.#core.world;
    this.#waiting.unshift(token);
    this.#alarm ??= loop.wakeAt(loop.monotonic() + AGAIN_MS, this.#rang);
  }

  /** A bind of this link has come or has room. */
  open(_bind: UpstreamBind): void {
    this.pump();
  }
}
