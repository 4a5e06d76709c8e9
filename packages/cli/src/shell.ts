import type { Clock } from "@millrace/shared";

/** A stream that may be a terminal. */
export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** What a command may use of the process it runs in. */
export interface Shell {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For what was asked for; whoever pipes it reads nothing else. */
  readonly out: OutputStream;
  /** For people: notes, progress, errors. */
  readonly err: OutputStream;
  readonly clock: Clock;
  /** Aborts at Ctrl-C. */
  readonly interrupted: AbortSignal;
}
