/**
 * The log: one line an event, on stderr. Keys and query strings never get here.
 *
 * @module
 */

/** Facts about an event. */
export type LogFields = Record<string, string | number | boolean | null>;

/** Where events go. */
export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/**
 * Prints a line, if that can be done: a log on a full disk, or a pipe that
 * nobody reads any more, is no reason to stop the music.
 */
export function tell(print: (line: string) => void, line: string): void {
  try {
    print(line);
  } catch {
    // There is nowhere to say so.
  }
}

/**
 * Opens a log.
 *
 * @param format `json`: one object a line. `text`: time, level, message, `name=value`.
 * @param write Takes one line without its end; default: stderr.
 */
export function createLog(
  format: "text" | "json",
  write: (line: string) => void = (line) => tell(console.error, line),
): Log {
  function at(level: string) {
    return (message: string, fields: LogFields = {}) => {
      const time = new Date().toISOString();
      write(
        format === "json"
          ? JSON.stringify({ time, level, message, ...fields })
          : [time, level.padEnd(5), message, ...textFields(fields)].join(" "),
      );
    };
  }
  return { info: at("info"), warn: at("warn"), error: at("error") };
}

function textFields(fields: LogFields): string[] {
  return Object.entries(fields).map(([name, value]) => {
    const text = String(value);
    return `${name}=${/^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)}`;
  });
}
