// The two other ways to submit: data_sm, and submit_multi with its list of refused destinations (§1.17).
import type { SmppPeer } from '../driver/types.ts';
import { CommandId } from '../smpp/commands.ts';
import { type DataSm, NO_TLVS, type SubmitMulti, submitSm, tlv, type UnsuccessSme } from '../smpp/pdu.ts';
import { Status } from '../smpp/status.table.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import { admitted } from './accept.ts';
import type { Account } from './accounts.ts';
import { type Core, customerId, MULTI } from './core.ts';
import { MessagePhase } from './layout.ts';
import { multiReference } from './multi.ts';
import type { Submits } from './submit.ts';

export function dataSm(submits: Submits, peer: SmppPeer<number>, account: Account, pdu: DataSm): void {
  if (tlv(pdu, Tag.messagePayload) === undefined) {
    peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RMISSINGTLV);
    return;
  }
  // The answer is a data_sm_resp, else it is a submit like any other.
  submits.dataSm(peer, account, submitSm({ ...pdu }), pdu.sequence);
}

export function submitMulti(
  core: Core,
  submits: Submits,
  peer: SmppPeer<number>,
  account: Account,
  pdu: SubmitMulti,
): void {
  const unsuccessful: UnsuccessSme[] = [];
  const taken: number[] = [];
  let reference = pdu.destinations.length > 1 ? MULTI : '';
  if (pdu.destinations.length === 0) {
    peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RINVNUMDESTS);
    return;
  }
  if (pdu.replaceIfPresentFlag !== 0) {
    peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RINVSUBREP);
    return;
  }
  for (const destination of pdu.destinations) {
    if (destination.destFlag === 2) {
      unsuccessful.push({
        destAddrTon: 0,
        destAddrNpi: 0,
        destinationAddr: destination.dlName.slice(0, 20),
        errorStatusCode: Status.ESME_RCNTSUBDL,
      });
      continue;
    }
    const { destAddrTon, destAddrNpi, destinationAddr } = destination;
    const result = submits.take(
      account,
      submitSm({ ...pdu, destAddrTon, destAddrNpi, destinationAddr }),
      peer.version,
      reference,
    );
    if (typeof result === 'number') {
      // One id for all (§1.17): that of the first; receipts tell the destinations apart.
      if (taken.length === 0) reference = multiReference(core, result);
      taken.push(result);
    } else unsuccessful.push({ destAddrTon, destAddrNpi, destinationAddr, errorStatusCode: result.status });
  }
  const { store } = core;
  const first = taken[0];
  const messageId = first === undefined ? '' : customerId(core, first);
  core.afterCommit(() => {
    const status = taken.length > 0 ? 0 : Status.ESME_RSUBMITFAIL;
    peer.respond(pdu.sequence, {
      command: 'submit_multi_resp',
      commandId: CommandId.submit_multi_resp,
      status,
      sequence: pdu.sequence,
      messageId,
      unsuccessSmes: unsuccessful,
      tlvs: NO_TLVS,
    });
    for (const handle of taken) {
      if (store.phase[handle] === MessagePhase.joining) core.parts.durable(handle);
      else admitted(core, handle, core.world.loop.now());
    }
  });
}
