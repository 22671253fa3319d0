// port/log.ts in a simulated world: lines go into the trace, where the seed that failed can be read.
import type { Log, LogFields } from '../port/log.ts';

/** `write` gets one line per event, without time. */
export function createSimLog(write: (line: string) => void, fixed: LogFields = {}): Log {
  const line = (level: string, event: string, fields: LogFields = {}): void =>
    write(`${level} ${event} ${JSON.stringify({ ...fixed, ...fields })}`);
  return {
    info: (event, fields) => line('info', event, fields),
    warn: (event, fields) => line('warn', event, fields),
    error: (event, fields) => line('error', event, fields),
    child: (fields) => createSimLog(write, { ...fixed, ...fields }),
  };
}
