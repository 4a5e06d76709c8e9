import { MillraceError } from "@millrace/client";
import { holdProcess, preventHangAtExit, systemClock } from "@millrace/shared";
import { CommanderError } from "commander";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import { printableBlock, printableJson } from "./printable.ts";
import { millraceProgram } from "./program.ts";
import type { Shell } from "./shell.ts";

preventHangAtExit();

// An empty variable counts as not set, as in the services.
for (const [name, value] of Object.entries(process.env)) {
  if (name.startsWith("MILLRACE_") && value === "") delete process.env[name];
}
const interruption = new AbortController();
const asJson = process.argv.includes("--json");
const shell: Shell = {
  json: asJson,
  env: process.env,
  out: process.stdout,
  err: process.stderr,
  clock: systemClock,
  interrupted: interruption.signal,
};
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.on(name, () => {
    if (interruption.signal.aborted) process.exit(exitCodes.interrupted);
    interruption.abort();
  });
}
// In `millrace list | head`, the reader may close the pipe before the end. That is not an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? exitCodes.ok : exitCodes.failed);
});
// Nobody reads the notes any more. The command goes on.
process.stderr.on("error", () => undefined);

// Without this, Node would end in a wait between tries, with its exit code 13. Such waits keep no process alive.
const hold = holdProcess();
process.exitCode = await run();
hold.release();

async function run(): Promise<ExitCode> {
  try {
    await millraceProgram(shell).parseAsync();
    return exitCodes.ok;
  } catch (error) {
    // Commander has already printed the error or the help.
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exitCodes.ok;
      if (asJson) writeUsageError(error);
      return exitCodes.usage;
    }
    if (!(error instanceof Failure)) throw error;
    shell.err.write(`${asJson ? jsonOf(error) : `millrace: ${printableBlock(error.message)}`}\n`);
    return error.exitCode;
  }
}

/** A command without its subcommand has no error but its help, which is no JSON. */
function writeUsageError({ message }: CommanderError): void {
  const text = message.startsWith("(") ? "a command is missing" : message.replace(/^error: /, "");
  shell.err.write(`${printableJson({ error: { message: text, exitCode: exitCodes.usage } })}\n`);
}

function jsonOf({ message, exitCode, cause }: Failure): string {
  const { code, reason, violations, metadata } =
    cause instanceof MillraceError ? cause : ({} as Partial<MillraceError>);
  return printableJson({ error: { message, exitCode, code, reason, violations, metadata } });
}
