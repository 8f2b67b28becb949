// What a component may ask of a log: one event per line, fields instead of prose. Floors 0 to 2 return values and do
// not log.

/** Values that one log line can carry. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined | readonly string[]>>;

/** error: the operator must act · warn: redundancy is reduced · info: a state or the configuration changed · debug:
 *  per packet. */
export interface Logger {
  error(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  debug(event: string, fields?: LogFields): void;
}
