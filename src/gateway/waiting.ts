// Why an open message has not left at this moment, for its trace: what the events tell is past (design §5.11).
import type { Core } from './core.ts';
import { MessagePhase } from './layout.ts';
import type { Trace, TraceStep } from './service.ts';
import { messageTrace } from './views.ts';

/** The trace of an open message; one that waits has a last step that says what for, as of `nowMs`. */
export function openTrace(core: Core, handle: number, nowMs: number): Trace {
  const trace = messageTrace(core.store, handle, core.names);
  const waits = waitingStep(core, handle, nowMs);
  return waits === null ? trace : { ...trace, steps: [...trace.steps, waits] };
}

function waitingStep(core: Core, handle: number, nowMs: number): TraceStep | null {
  const { store, links } = core;
  switch (store.phase[handle]) {
    case MessagePhase.waiting:
      return step(nowMs, null, `for its time: ${new Date(store.dueAt[handle] as number).toISOString()}`);
    case MessagePhase.queued: {
      const { name, state, reason } = links.view(links.get(store.link[handle] as number));
      if (state === 'up') return step(nowMs, name, 'in the queue of a link that is up, for its turn');
      return step(nowMs, name, `for a link that is ${state}${reason === '' ? '' : `: ${reason}`}`);
    }
    case MessagePhase.joining:
      return step(nowMs, null, 'for the other parts of its message');
    default:
      return null;
  }
}

function step(at: number, link: string | null, reason: string): TraceStep {
  return { at, step: 'waits', reason, link };
}
