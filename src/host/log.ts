// The operator's log as JSON lines on standard output. Redaction by construction: a line is made only of an event's name and
// flat fields, fields with telling names never get through, and runs of digits as long as a phone number are cut.

import type { Logger } from 'pino';
import { destination, pino } from 'pino';
import type { Log, LogFields } from '../port/log.ts';

/** Words in a field's name that mark what no log may hold. */
const FORBIDDEN =
  /passw|secret|token|authori[sz]ation|cookie|apikey|api_key|text|body|message$|shortmessage|payload|code$|pin$|otp/i;
/** Names that end in "code" and hold a status or a reason. */
const PLAIN_CODES = /^(code|statusCode|exitCode|errorCode|reasonCode)$/;
/** Names whose numbers may be large: a unit comes last in every name. */
const QUANTITY = /(Ms|At|S|Us|Ns|Bytes|Octets|Count|Number|Seq|Sequence|PerSecond|Micros)$/;
/** Seven digits make the shortest phone number. */
const PLAIN_NUMBER_MAX = 999_999;
/** 7 to 15 digits (E.164), also with separators as people write numbers. */
const NUMBER_LIKE = /\+?\d(?:[ ().-]?\d){6,14}/g;
const VALUE_MAX = 500;

/** `write` takes one line; standard output when absent. */
export function createLog(level: 'info' | 'warn' | 'error', write?: (line: string) => void): Log {
  const stream = write === undefined ? destination({ dest: 1, sync: false }) : { write };
  const logger = pino({ level, base: null, messageKey: 'event', timestamp: pino.stdTimeFunctions.isoTime }, stream);
  return wrap(logger);
}

function wrap(logger: Logger): Log {
  return {
    info: (event: string, fields?: LogFields): void => logger.info(redact(fields), event),
    warn: (event: string, fields?: LogFields): void => logger.warn(redact(fields), event),
    error: (event: string, fields?: LogFields): void => logger.error(redact(fields), event),
    child: (fields: LogFields): Log => wrap(logger.child(redact(fields))),
  };
}

type Value = LogFields[string];

/** What of `fields` may be written. */
export function redact(fields: LogFields | undefined): { [name: string]: Value } {
  const safe: { [name: string]: Value } = {};
  if (fields === undefined) return safe;
  for (const [name, value] of Object.entries(fields)) {
    if (FORBIDDEN.test(name) && !PLAIN_CODES.test(name)) safe[name] = '[redacted]';
    else if (typeof value === 'string') safe[name] = mask(value);
    else if (Array.isArray(value)) safe[name] = value.map((one) => mask(String(one)));
    else if (typeof value === 'number')
      safe[name] = Math.abs(value) <= PLAIN_NUMBER_MAX || QUANTITY.test(name) ? value : '[redacted]';
    else if (typeof value === 'boolean' || value === null) safe[name] = value;
    else safe[name] = '[redacted]';
  }
  return safe;
}

/** Cuts what looks like a phone number to its first three digits; times and addresses of computers stay. */
function mask(value: string): string {
  const text = value.length > VALUE_MAX ? `${value.slice(0, VALUE_MAX)}…` : value;
  return text.replace(NUMBER_LIKE, (run) => {
    if (/^\d{4}-\d\d-\d\d$/.test(run) || /^(\d{1,3}\.){3}\d{1,3}$/.test(run)) return run;
    const digits = run.replace(/\D/g, '');
    return `${digits.slice(0, 3)}…`;
  });
}
