import { type Clock, holdProcess, preventHangAtExit, sleep, systemClock } from "@millrace/shared";

export interface Closable {
  close(): Promise<void> | void;
  /** Called several times during the linger: the part sends its clients elsewhere, and serves those that come nevertheless. */
  leave?(): void;
}

/** The parts of a program. They are closed in the reverse of the order in which they were added. */
export interface Scope {
  /** Adds a part, or the promise of one, and closes it at the end. */
  use<Part extends Closable>(part: Part): Part;
  use<Part extends Closable>(part: Promise<Part>): Promise<Part>;
  /** Adds a step of the closing, for parts without `close`. */
  defer(close: () => Promise<void> | void): void;
  /**
   * How long the program goes on after a signal, not ready, before its parts are closed. Clients learn of its end meanwhile.
   * Default: 0.
   */
  linger(lingerMs: number): void;
  /** Makes the program not ready while the dependency has a problem. */
  needs(dependency: { problem(): string | undefined }): void;
  /** Why the program is not ready: it starts, it stops, or a dependency has a problem. Undefined if it is ready. */
  notReady(): string | undefined;
  /** Stops the program with the error's `exitCode`, or 1. For parts that fail while the program runs. */
  fail(error: unknown): void;
}

/** The process as runMain sees it. Tests replace it. */
export interface ProcessHost {
  onSignal(listener: (name: string) => void): void;
  onFault(listener: (error: unknown) => void): void;
  exit(code: number): void;
}

export interface RunMainOptions {
  /**
   * How long the closing may take in total, after the linger. After that the process exits with code 1. A function is called when the
   * closing begins.
   */
  readonly drainMs?: number | (() => number);
  readonly clock?: Clock;
  readonly host?: ProcessHost;
  readonly log?: {
    info(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
}

/** Whatever stops the program must allow it more time than this, plus the linger. */
export const DEFAULT_DRAIN_MS = 25_000;

/**
 * How often clients are sent elsewhere during the linger. A client that finds its former address looks the name up again at the
 * next time, so the last time must come late, when every cache of names has forgotten the program.
 */
const LEAVES = 8;

preventHangAtExit();

const systemHost: ProcessHost = {
  onSignal(listener) {
    // Neither a signal listener nor our timers keep Node alive. Without this, a close that waits for them after the last
    // socket has closed would end with Node's exit code 13 instead of ours.
    holdProcess();
    for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, () => listener(name));
  },
  onFault(listener) {
    process.on("uncaughtException", listener);
    process.on("unhandledRejection", listener);
  },
  exit: (code) => process.exit(code),
};

const stderrLog = {
  info: () => undefined,
  error: (fields: object, message: string) => {
    const { error } = fields as { error?: { message?: unknown } };
    process.stderr.write(`${message}: ${error?.message ?? error}\n`);
  },
};

/** Returns the exit code that an error names, as those of a wrong configuration do; undefined if it names none. */
function namedExitCode(error: unknown): number | undefined {
  const { exitCode } = (error ?? {}) as { exitCode?: unknown };
  return typeof exitCode === "number" && exitCode > 0 && exitCode < 256 ? exitCode : undefined;
}

const exitCodeOf = (error: unknown): number => namedExitCode(error) ?? 1;

/**
 * An error that names its exit code says what an operator must correct. Where it was thrown helps nobody, so its stack is
 * left out.
 */
const shownFault = (error: unknown): unknown =>
  error instanceof Error && namedExitCode(error) !== undefined
    ? { type: error.name, message: error.message }
    : error;

/**
 * Runs a program. `start` builds it, and a signal or a fault ends it. After a signal it lingers. Then its parts are closed in
 * reverse order, and the process exits: with 0 after a signal, with the fault's `exitCode` or 1 after a fault, and with 1 after
 * a late or failed close or a second signal. Resolves when the process was told to exit.
 */
export async function runMain(
  start: (scope: Scope) => Promise<unknown>,
  options: RunMainOptions = {},
): Promise<void> {
  const { clock = systemClock, host = systemHost, log = stderrLog } = options;
  const stopping = new AbortController();
  const failed = new AbortController();
  const closers: (() => Promise<void> | void)[] = [];
  const leavers: (() => void)[] = [];
  const needed: { problem(): string | undefined }[] = [];
  let started = false;
  let lingerMs = 0;
  let code = 0;

  const fail = (error: unknown) => {
    code = exitCodeOf(error);
    log.error({ error: shownFault(error) }, "the program failed and stops");
    failed.abort();
    stopping.abort();
  };
  host.onFault(fail);
  host.onSignal((name) => {
    if (stopping.signal.aborted) return host.exit(1);
    log.info({ signal: name }, "stopping");
    stopping.abort();
  });

  const keep = <Part extends Closable>(part: Part): Part => {
    closers.push(() => part.close());
    leavers.push(() => part.leave?.());
    return part;
  };
  const scope: Scope = {
    use: ((part: Closable | Promise<Closable>) =>
      part instanceof Promise ? part.then(keep) : keep(part)) as Scope["use"],
    defer: (close) => {
      closers.push(close);
    },
    linger: (ms) => {
      lingerMs = ms;
    },
    needs: (dependency) => {
      needed.push(dependency);
    },
    notReady() {
      if (!started) return "starting";
      if (stopping.signal.aborted) return "stopping";
      return needed.map((dependency) => dependency.problem()).find((problem) => problem);
    },
    fail,
  };

  try {
    await start(scope);
    started = true;
  } catch (error) {
    fail(error);
  }
  if (!stopping.signal.aborted) {
    await new Promise((resolve) => stopping.signal.addEventListener("abort", resolve));
    // A program that has never been ready has no clients.
    if (lingerMs > 0 && !failed.signal.aborted) {
      log.info({ linger_ms: lingerMs }, "clients are sent elsewhere, and still served");
      for (let time = 0; time < LEAVES && !failed.signal.aborted; time += 1) {
        for (const leave of leavers) leave();
        await sleep(clock, lingerMs / LEAVES, failed.signal);
      }
    }
  }

  const { drainMs = DEFAULT_DRAIN_MS } = options;
  const late = clock.after(typeof drainMs === "number" ? drainMs : drainMs(), () => {
    log.error({ error: new Error("the program did not close in time") }, "closing took too long");
    host.exit(1);
  });
  for (const close of closers.reverse()) {
    try {
      await close();
    } catch (error) {
      code = 1;
      log.error({ error }, "a part failed to close");
    }
  }
  late.cancel();
  host.exit(code);
}
