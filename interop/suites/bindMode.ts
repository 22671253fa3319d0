// Kannel bound straight to the guard, with no gateway of ours at all: the guard in bind mode.
import { type Suite, same, until } from '../harness.ts';
import { startGuardAlone, startOperator } from '../ours.ts';
import { Kannel, kannelNeeds } from '../peers/kannel.ts';
import { compareHandsets, letters } from '../texts.ts';

const messages = 500;

export const kannelGuard: Suite = {
  name: 'guard-bind-mode-kannel',
  needs: kannelNeeds,
  timeoutMs: 90_000,
  async run(place) {
    const operator = await startOperator(place);
    const guard = await startGuardAlone(place, { supplier: operator });
    const kannel = await Kannel.start(place, { ...guard.upstream, window: 50 });
    const sent = letters(messages);
    await kannel.sendLetters(sent);
    await until('every receipt back at Kannel', 60_000, () => (kannel.finalStates()['1'] ?? 0) === sent.length);
    same('final states at Kannel', kannel.finalStates(), { '1': sent.length });
    await compareHandsets(operator.httpPort, sent);
    return `${sent.length} messages through the guard alone, each delivered once, every receipt back`;
  },
};
