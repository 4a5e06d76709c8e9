/**
 * Runs the command `millrace` in this process. Starting a process for each of many ways would take half a second
 * of processor time.
 */
import { millraceProgram } from "@millrace/cli/program";
import { systemClock as clock } from "@millrace/shared";
import { Heard } from "../faults/heard.ts";

/** The commands that call a gateway. */
const forCallers = new Set([
  ...["submit", "watch", "get", "list", "cancel", "explain", "groups", "schedules", "webhooks"],
  ...["token", "documents"],
]);

export interface Addresses {
  readonly apiKey: string;
  readonly gateway: string;
  readonly operators: string;
}

/** Yields what the command writes to standard output, one JSON value per line, as it comes. */
export const commandLine = ({ apiKey, gateway, operators }: Addresses) =>
  async function* (...args: readonly string[]): AsyncGenerator<unknown> {
    const written = new Heard<string>();
    const program = millraceProgram({
      env: { MILLRACE_API_KEY: apiKey },
      out: { write: (text) => written.add(text) },
      err: { write: () => true },
      clock,
      interrupted: new AbortController().signal,
    });
    const addressFlags = forCallers.has(String(args[0]))
      ? ["--address", gateway]
      : ["--admin-address", operators];
    const run = program
      .parseAsync([...args, "--json", ...addressFlags], { from: "user" })
      .finally(() => written.end("the command has ended"));
    // For a job without a result, the command fails after it has written everything.
    run.catch(() => undefined);
    let lines = 0;
    const next = () => written.until(() => true, lines).catch(() => undefined);
    for (let line = await next(); line !== undefined; line = await next()) {
      lines += 1;
      yield JSON.parse(line) as unknown;
    }
    if (lines === 0) await run;
  };
