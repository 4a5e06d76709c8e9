import type { Clock } from "@millrace/shared";

/** A stream that may be a terminal. */
export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** The parts of its process that a command may use. */
export interface Shell {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For the result. A program that reads the pipe gets nothing else. */
  readonly out: OutputStream;
  /** Whether errors are written as JSON, for programs. */
  readonly json?: boolean;
  /** For people: notes, progress and errors. */
  readonly err: OutputStream;
  readonly clock: Clock;
  /** Aborts at Ctrl-C or SIGTERM. */
  readonly interrupted: AbortSignal;
}
