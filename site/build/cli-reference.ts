// The help of every command, as `millrace COMMAND --help` prints it.
import type { Command } from "commander";
import { millraceProgram } from "../../packages/cli/src/program.ts";

let printed = "";
const out = {
  write(text: string): void {
    printed += text;
  },
};
/** No command runs here, so only the output is used. */
const shell = {
  env: {},
  out,
  err: out,
  clock: undefined as never,
  interrupted: new AbortController().signal,
};

function helpOf(command: Command): string {
  printed = "";
  command.outputHelp();
  return printed.trim();
}

function section(command: Command, path: string): string {
  const depth = Math.min(3, path.split(" ").length);
  const own = `${"#".repeat(depth)} ${path}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`;
  return [own, ...command.commands.map((child) => section(child, `${path} ${child.name()}`))].join(
    "\n",
  );
}

/** Returns the page of the command line. */
export const cliPage = (): string =>
  `---\noutline: [2, 3]\n---\n\n${section(millraceProgram(shell), "millrace")}`;
