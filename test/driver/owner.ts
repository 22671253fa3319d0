// An owner of peers for tests: writes down what it hears, and answers as each test wants.
import type { PeerHandler, PeerOptions, SmppClientHandler, SmppPeer } from '../../src/driver/types.ts';
import { defaultTimers } from '../../src/session/defaults.ts';
import type { FailReason, Oddity, OwnRequest, SessionEnd } from '../../src/session/types.ts';
import { CommandId } from '../../src/smpp/commands.ts';
import { type MessageIdResp, NO_TLVS, type Pdu } from '../../src/smpp/pdu.ts';

export const peerOptions: PeerOptions = {
  emission: 'direct',
  interfaceVersion: 0x50,
  window: 10,
  inboundWindow: 10,
  timers: defaultTimers,
  maxPduBytes: 70_000,
  tlv: 'always',
};

export class Owner implements SmppClientHandler<number>, PeerHandler<number> {
  readonly lines: string[] = [];
  readonly peers: SmppPeer<number>[] = [];
  /** What is in work, when `answers` is off. */
  readonly open: { readonly peer: SmppPeer<number>; readonly sequence: number; readonly commandId: number }[] = [];
  answers = true;
  accepts = true;
  status = 0x0d;
  asked: ((peer: SmppPeer<number>, kind: OwnRequest, sequence: number) => void) | null = null;
  answered: ((answer: Pdu) => void) | null = null;
  opens: ((peer: SmppPeer<number>) => void) | null = null;
  /** Outcomes of our requests by token. */
  readonly ends = new Map<number, string[]>();

  bindRequested(peer: SmppPeer<number>, pdu: Pdu): void {
    this.lines.push(`bindRequested ${pdu.command} ${'systemId' in pdu ? pdu.systemId : ''}`);
    if (this.accepts) peer.acceptBind('glaspost');
    else peer.refuseBind(this.status);
  }
  outbindRequested(peer: SmppPeer<number>): void {
    this.lines.push('outbind');
    peer.bind('rx', bindFields);
  }
  bound(peer: SmppPeer<number>, answer: Pdu | null): void {
    if (answer !== null) this.answered?.(answer);
    this.lines.push(`bound ${peer.mode} ${peer.version.toString(16)}`);
    this.peers.push(peer);
    this.opens?.(peer);
  }
  bindRefused(_peer: SmppPeer<number>, status: number): void {
    this.lines.push(`bindRefused ${status.toString(16)}`);
  }
  request(peer: SmppPeer<number>, pdu: Pdu): void {
    if (pdu.command === 'alert_notification') return;
    if (this.answers) peer.respond(pdu.sequence, answerTo(pdu));
    else this.open.push({ peer, sequence: pdu.sequence, commandId: pdu.commandId });
  }
  response(_peer: SmppPeer<number>, pdu: Pdu, token: number, late: boolean): void {
    this.#ended(token, `${late ? 'late' : 'answer'} ${pdu.status.toString(16)}`);
  }
  failed(_peer: SmppPeer<number>, token: number, reason: FailReason): void {
    this.#ended(token, reason);
  }
  wants(peer: SmppPeer<number>, kind: OwnRequest, sequence: number): void {
    this.lines.push(`wants ${kind} ${sequence}`);
    if (this.asked === null) peer.emit(sequence, null);
    else this.asked(peer, kind, sequence);
  }
  windowOpen(peer: SmppPeer<number>): void {
    this.opens?.(peer);
  }
  oddity(_peer: SmppPeer<number>, kind: Oddity): void {
    this.lines.push(`oddity ${kind}`);
  }
  closed(_peer: SmppPeer<number>, reason: SessionEnd): void {
    this.lines.push(`closed ${reason}`);
  }
  waiting(why: string, _detail: string, status: number, retryMs: number): void {
    this.lines.push(`waiting ${why} ${status.toString(16)} ${Math.round(retryMs / 100) / 10}`);
  }
  take(): string[] {
    return this.lines.splice(0);
  }
  #ended(token: number, how: string): void {
    const known = this.ends.get(token);
    if (known === undefined) this.ends.set(token, [how]);
    else known.push(how);
  }
}

export const bindFields = {
  systemId: 'esme',
  password: 'secret',
  systemType: '',
  addrTon: 0,
  addrNpi: 0,
  addressRange: '',
};

export function answerTo(pdu: Pdu): Pdu {
  if (pdu.command === 'submit_sm') return idResp('submit_sm_resp', '1a2b');
  if (pdu.command === 'deliver_sm') return idResp('deliver_sm_resp', '');
  if (pdu.command === 'data_sm') return idResp('data_sm_resp', '1a2b');
  return { command: 'generic_nack', commandId: CommandId.generic_nack, status: 8, sequence: 0, tlvs: NO_TLVS };
}

function idResp(command: MessageIdResp['command'], messageId: string): MessageIdResp {
  return { command, commandId: CommandId[command], status: 0, sequence: 0, messageId, tlvs: NO_TLVS };
}
