export interface PlainLine {
  /** "info", "warn", "error", …; undefined for what is not a log line, such as Node's last words. */
  readonly level: string | undefined;
  readonly text: string;
}

/** A line of a service's log as people read it: what happened, and why. */
export function plainLine(line: string): PlainLine {
  try {
    const { level, msg, error } = JSON.parse(line) as Record<string, unknown>;
    const why = (error as { message?: unknown } | undefined)?.message;
    return { level: String(level), text: why === undefined ? String(msg) : `${msg}: ${why}` };
  } catch {
    return { level: undefined, text: line };
  }
}
