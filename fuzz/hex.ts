// One write again, as a failed run has told it: on a session that is bound as the fuzzer binds, to a gateway of its own.
import { Chance } from '../src/operator/chance.ts';
import { CommandId } from '../src/smpp/commands.ts';
import { writeHead } from './head.ts';
import { Line } from './line.ts';
import { bindAs } from './session.ts';
import { fuzzAccount, System } from './system.ts';

const PROBE = 0x47000000;
const WAIT_MS = 40_000;

/** 0: the session answers, or was closed; the gateway runs. */
export async function sendHex(octets: Buffer, say: (line: string) => void): Promise<number> {
  // No supplier listens there: what is accepted goes to the operator, or waits.
  const system = await System.prepare(1, { validityS: 60, graceS: 15 });
  try {
    await system.start();
    const gateway = system.stack.program('gateway');
    let ended: string | null = null;
    void gateway.ended.then((code) => {
      ended = String(code);
    });
    const line = await Line.open(system.stack.plan.gatewayPort, '127.0.0.1');
    if (line === null || (await bindAs(line, fuzzAccount(0), new Chance(1), CommandId.bind_transceiver)) === 0)
      throw new Error('the gateway takes no bind');
    await line.write(octets, null);
    const probe = Buffer.alloc(16);
    writeHead(probe, 0, CommandId.enquire_link, 0, PROBE);
    await line.write(probe, null);
    const outcome = await line.answer(CommandId.enquire_link_resp, PROBE, WAIT_MS);
    say(
      ended === null
        ? `the session ${outcome === 'silent' ? 'is DEAF' : `was ${outcome}`}`
        : `CRASH: gateway ended with ${ended}: ${gateway.errors().slice(-3000)}`,
    );
    return ended === null && outcome !== 'silent' ? 0 : 1;
  } finally {
    await system.stack.stop();
  }
}
