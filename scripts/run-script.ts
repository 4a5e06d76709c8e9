/**
 * How far apart the copies of one signal may be. One Ctrl-C in a terminal arrives from the terminal, from npm and
 * from run.mjs.
 */
const ONE_PRESS_MS = 1_000;

export interface ScriptScope {
  /** Disposed in reverse order when the script is over, whatever ends it. */
  readonly parts: AsyncDisposableStack;
  /** Aborts at the first signal, and when nobody reads the output any more. */
  readonly stopping: AbortSignal;
}

export const say = (text: string): void => console.log(`millrace: ${text}`);

export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });

/**
 * Runs a script to its end, disposes its parts, and exits: with 0 after success, 1 after a failure, and
 * `codeWhenStopped` after a signal. A second Ctrl-C exits at once, and then all child processes end with this
 * process.
 */
export async function runScript(
  codeWhenStopped: number,
  body: (scope: ScriptScope) => Promise<void>,
): Promise<void> {
  const stopping = new AbortController();
  let firstMs = 0;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      if (stopping.signal.aborted) {
        if (Date.now() - firstMs > ONE_PRESS_MS) process.exit(1);
        return;
      }
      firstMs = Date.now();
      // Starts a new line after the "^C" that a terminal writes.
      if (process.stdout.isTTY) console.log();
      say("stopping (Ctrl-C again: at once)");
      stopping.abort();
    });
  }
  // The terminal was closed, or the output goes to `head`, which ended.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", () => stopping.abort());
  }

  let code = 0;
  const parts = new AsyncDisposableStack();
  const failed = (error: unknown) => {
    if (stopping.signal.aborted) return;
    code = 1;
    console.error(`millrace: ${describe(error)}`);
  };
  await body({ parts, stopping: stopping.signal }).catch(failed);
  if (stopping.signal.aborted) code = codeWhenStopped;
  await parts.disposeAsync().catch((error: unknown) => {
    code = 1;
    console.error(`millrace: could not stop everything: ${describe(error)}`);
  });
  process.exit(code);
}

/** Describes an error for a person: its message and its cause, without a stack. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `\n  because of: ${describe(error.cause)}`;
  return `${error.message}${cause}`;
}
