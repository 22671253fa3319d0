// Bind mode follows.
import type { SmppPeer } from '../driver/types.ts';
import type { DeliverSm, SubmitSm } from '../smpp/pdu.ts';
import { Status } from '../smpp/status.table.ts';
import type { MinuteCache } from '../sms/receipt.ts';
import type { BindUpstream } from './config.ts';
import type { Link } from './links.ts';
import type { Op } from './op.ts';
import type { Upstream } from './upstreams.ts';

export class PartsIn {
  constructor(_core: unknown, _scratch: unknown) {}
  rewrite(_last: number): void {}
  tick(): void {}
  take(peer: SmppPeer<number>, _upstream: Upstream, _config: BindUpstream, _link: Link, pdu: SubmitSm): void {
    peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RINVCMDID);
  }
  completed(_op: Op): void {}
  extensionOf(_op: string): string {
    return '';
  }
  givenBack(_op: Op, _retryAfterMs: number): void {}
  receipt(_upstream: Upstream, _handle: number, _segment: number): void {}
  receiptPdu(_token: number, _minutes: MinuteCache): DeliverSm | null {
    return null;
  }
  receiptTaken(_token: number): void {}
}
