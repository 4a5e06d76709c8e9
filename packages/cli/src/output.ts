import { printable, printableJson } from "./printable.ts";
import type { Shell } from "./shell.ts";

/** One JSON value on a line of its own. */
export const writeJson = (shell: Shell, value: unknown): void => {
  shell.out.write(`${printableJson(value)}\n`);
};

/** Lines of text that this program made, which may quote others: `details` and `table` keep quotes from forging lines. */
export const writeText = (shell: Shell, text: string): void => {
  shell.out.write(`${printable(text)}\n`);
};

/** Text of a job, as it is; but nothing in it may steer a terminal. */
export const writeRaw = (shell: Shell, text: string): void => {
  shell.out.write(shell.out.isTTY ? printable(text) : text);
};

/** For people alone, beside the output. */
export const note = (shell: Shell, text: string): void => {
  shell.err.write(`${printable(text)}\n`);
};
