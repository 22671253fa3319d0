// Kannel bound straight to the simulated operator, with nothing of ours between: the figures of all other suites and of the
// benchmarks rest on the operator's being a real message centre.
import { type Suite, same, until } from '../harness.ts';
import { startOperator } from '../ours.ts';
import { Kannel, kannelNeeds } from '../peers/kannel.ts';
import { compareHandsets, letters } from '../texts.ts';

export const kannelOperator: Suite = {
  name: 'operator-kannel',
  needs: kannelNeeds,
  timeoutMs: 60_000,
  async run(place) {
    const operator = await startOperator(place);
    const bind = { port: operator.port, username: operator.systemId, password: operator.password, window: 50 };
    const kannel = await Kannel.start(place, bind);
    const sent = letters(300);
    await kannel.sendLetters(sent);
    await until('every receipt back at Kannel', 30_000, () => (kannel.finalStates()['1'] ?? 0) === sent.length);
    same('final states at Kannel', kannel.finalStates(), { '1': sent.length });
    await compareHandsets(operator.httpPort, sent);
    return `${sent.length} messages straight to the simulated operator, every receipt back`;
  },
};
