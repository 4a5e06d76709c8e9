import { printable, printableJson } from "./printable.ts";
import type { Shell } from "./shell.ts";

/** Writes one JSON value on one line. */
export const writeJson = (shell: Shell, value: unknown): void => {
  shell.out.write(`${printableJson(value)}\n`);
};

/**
 * Writes lines of text that this program made. They may quote other text: `details` and `table` keep a quote from
 * looking like a line of its own.
 */
export const writeText = (shell: Shell, text: string): void => {
  shell.out.write(`${printable(text)}\n`);
};

/** Writes a job's text unchanged, except that a terminal gets no control characters. */
export const writeRaw = (shell: Shell, text: string): void => {
  shell.out.write(shell.out.isTTY ? printable(text) : text);
};

/** Writes a note for people to standard error. */
export const note = (shell: Shell, text: string): void => {
  shell.err.write(`${printable(text)}\n`);
};
