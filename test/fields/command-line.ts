/** The command `millrace`, run in this process: starting it for each of many ways takes half a second of processor time. */
import { millraceProgram } from "@millrace/cli/program";
import { systemClock as clock } from "@millrace/shared";
import { Heard } from "../faults/heard.ts";

/** The commands that call a gateway. */
const forCallers = new Set(["submit", "watch", "get", "list", "cancel", "explain"]);

export interface Addresses {
  readonly apiKey: string;
  readonly gateway: string;
  readonly operators: string;
}

/** What the command writes to standard output, a JSON value a line, as it comes. */
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
    const at = forCallers.has(String(args[0]))
      ? ["--address", gateway]
      : ["--admin-address", operators];
    const run = program
      .parseAsync([...args, "--json", ...at], { from: "user" })
      .finally(() => written.end("it has ended"));
    // Of a job that ends without a result it says so, having written all of it.
    run.catch(() => undefined);
    let lines = 0;
    const next = () => written.until(() => true, lines).catch(() => undefined);
    for (let line = await next(); line !== undefined; line = await next()) {
      lines += 1;
      yield JSON.parse(line) as unknown;
    }
    if (lines === 0) await run;
  };
