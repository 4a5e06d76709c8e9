/** How long copies of one signal may be apart: a terminal's Ctrl-C comes from it, from npm and from run.mjs. */
const ONE_PRESS_MS = 1_000;

export interface ScriptScope {
  /** Ended in reverse when the script is over, however that comes about. */
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
 * Runs a script to its end, ends its parts, and exits: 0 after success, 1 after a failure, and
 * `codeWhenStopped` after a signal. A second press of Ctrl-C exits at once; what runs ends with this process.
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
      // Below the "^C" that a terminal writes.
      if (process.stdout.isTTY) console.log();
      say("stopping (Ctrl-C again: at once)");
      stopping.abort();
    });
  }
  // A terminal that is gone, or `| head`.
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

/** What a person needs to know of an error: what it says and what it came from, and no stack. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `\n  because of: ${describe(error.cause)}`;
  return `${error.message}${cause}`;
}
