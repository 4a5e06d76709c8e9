export interface PlainLine {
  /**
   * "info", "warn", "error" and so on. Undefined if the line is not a log line, such as an uncaught error that
   * Node prints.
   */
  readonly level: string | undefined;
  readonly text: string;
}

/** Formats a line of a service's log for people: what happened, and why. */
export function plainLine(line: string): PlainLine {
  try {
    const { level, msg, error } = JSON.parse(line) as Record<string, unknown>;
    const why = (error as { message?: unknown } | undefined)?.message;
    return { level: String(level), text: why === undefined ? String(msg) : `${msg}: ${why}` };
  } catch {
    return { level: undefined, text: line };
  }
}
