// The operator's log. One line is one event; no message texts, no PINs, no full numbers, no credentials, nothing per message.

export type LogFields = { readonly [name: string]: string | number | boolean | null | readonly string[] };

export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** A log whose every line also carries `fields`. */
  child(fields: LogFields): Log;
}
