// The two other ways to submit: data_sm, and submit_multi with its list of refused destinations (§1.17).
import type { SmppPeer } from '../driver/types.ts';
import { CommandId } from '../smpp/commands.ts';
import {
  type DataSm,
  type Destination,
  NO_TLVS,
  type SubmitMulti,
  type SubmitSm,
  submitSm,
  tlv,
  type UnsuccessSme,
} from '../smpp/pdu.ts';
import { Status } from '../smpp/status.table.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import { admitted } from './accept.ts';
import type { Account } from './accounts.ts';
import { type Core, customerId, MULTI } from './core.ts';
import type { Repeated } from './duplicates.ts';
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
  if (pdu.destinations.length === 0) {
    peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RINVNUMDESTS);
    return;
  }
  if (pdu.replaceIfPresentFlag !== 0) {
    peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RINVSUBREP);
    return;
  }
  const unsuccessful: UnsuccessSme[] = [];
  const taken: number[] = [];
  // What is accepted only now, where a part was accepted before, has the id of that part.
  const before = pdu.destinations.length > 1 ? repeatedGroup(submits, account, pdu) : null;
  let messageId = before?.repeats ?? '';
  let reference = before?.group ?? (pdu.destinations.length > 1 ? MULTI : '');
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
    const result = submits.take(account, toOne(pdu, destination), peer.version, reference);
    if (typeof result === 'number') {
      // One id for all (§1.17): that of the first; receipts tell the destinations apart.
      if (reference === MULTI) reference = multiReference(core, result);
      if (taken.length === 0 && before === null) messageId = customerId(core, result);
      taken.push(result);
    } else if ('repeats' in result) messageId ||= result.repeats;
    else {
      const { destAddrTon, destAddrNpi, destinationAddr } = destination;
      unsuccessful.push({ destAddrTon, destAddrNpi, destinationAddr, errorStatusCode: result.status });
    }
  }
  core.afterCommit(() => {
    const { store } = core;
    peer.respond(pdu.sequence, {
      command: 'submit_multi_resp',
      commandId: CommandId.submit_multi_resp,
      status: messageId === '' ? Status.ESME_RSUBMITFAIL : 0,
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

/** Any message of a submit_multi that one of these destinations repeats, or null. */
function repeatedGroup(submits: Submits, account: Account, pdu: SubmitMulti): Repeated | null {
  for (const destination of pdu.destinations) {
    const known = destination.destFlag === 1 ? submits.repeated(account, toOne(pdu, destination)) : null;
    if (known !== null && known.group !== '') return known;
  }
  return null;
}

type Address = Extract<Destination, { readonly destFlag: 1 }>;

function toOne(pdu: SubmitMulti, destination: Address): SubmitSm {
  const { destAddrTon, destAddrNpi, destinationAddr } = destination;
  return submitSm({ ...pdu, destAddrTon, destAddrNpi, destinationAddr });
}
