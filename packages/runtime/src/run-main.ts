import { type Clock, holdProcess, systemClock } from "@millrace/shared";

export interface Closable {
  close(): Promise<void> | void;
}

/** What a program is built in: parts are closed in the reverse of the order they were used. */
export interface Scope {
  /** Keeps a part, or a part to come, and closes it at the end. */
  use<Part extends Closable>(part: Part): Part;
  use<Part extends Closable>(part: Promise<Part>): Promise<Part>;
  /** Registers a step of the closing for parts without `close`. */
  defer(close: () => Promise<void> | void): void;
  /** The program is not ready while this has a problem. */
  needs(dependency: { problem(): string | undefined }): void;
  /** Why the program is not ready: it starts, it stops, or what it needs has a problem. Undefined: it is ready. */
  notReady(): string | undefined;
  /** Stops the program with the error's `exitCode`, or 1: for parts that fail while it runs. */
  fail(error: unknown): void;
}

/** The process as runMain sees it, so that tests can hold it in their hands. */
export interface ProcessHost {
  onSignal(listener: (name: string) => void): void;
  onFault(listener: (error: unknown) => void): void;
  exit(code: number): void;
}

export interface RunMainOptions {
  /** How long closing may take in all before the process ends regardless, with code 1. Asked for when closing begins. */
  readonly drainMs?: number | (() => number);
  readonly clock?: Clock;
  readonly host?: ProcessHost;
  readonly log?: {
    info(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
}

/** Whoever stops the program must give it longer than this. */
export const DEFAULT_DRAIN_MS = 25_000;

const systemHost: ProcessHost = {
  onSignal(listener) {
    // Neither a signal's listener nor our timers keep Node alive: without this, a close that waits
    // on them after the last socket is gone would end with Node's code 13 instead of ours.
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
    const { error } = fields as { error?: unknown };
    process.stderr.write(`${message}: ${error instanceof Error ? error.message : error}\n`);
  },
};

/** An error may say what the process is to exit with, as those of a wrong configuration do. */
function exitCodeOf(error: unknown): number {
  const { exitCode } = (error ?? {}) as { exitCode?: unknown };
  return typeof exitCode === "number" && exitCode > 0 && exitCode < 256 ? exitCode : 1;
}

/**
 * Runs a program: `start` builds it, a signal (or a fault) ends it, its parts close in reverse, and
 * the process exits: 0 after a signal, 1 after a fault (or what the fault's `exitCode` says), a late or
 * failed close, or a second signal.
 * Resolves when the process has been told to exit.
 */
export async function runMain(
  start: (scope: Scope) => Promise<unknown>,
  options: RunMainOptions = {},
): Promise<void> {
  const { clock = systemClock, host = systemHost, log = stderrLog } = options;
  const stopping = new AbortController();
  const closers: (() => Promise<void> | void)[] = [];
  const needed: { problem(): string | undefined }[] = [];
  let started = false;
  let code = 0;

  const fail = (error: unknown) => {
    code = exitCodeOf(error);
    log.error({ error }, "fatal");
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
    return part;
  };
  const scope: Scope = {
    use: ((part: Closable | Promise<Closable>) =>
      part instanceof Promise ? part.then(keep) : keep(part)) as Scope["use"],
    defer: (close) => {
      closers.push(close);
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
  }

  const { drainMs = DEFAULT_DRAIN_MS } = options;
  const late = clock.after(typeof drainMs === "number" ? drainMs : drainMs(), () => {
    log.error({ error: new Error("drain deadline passed") }, "closing took too long");
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
