import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A program that exchanges lines of JSON with its parent. It ends when its input ends. */
export interface LineProgram extends AsyncDisposable {
  readonly pid: number;
  /** For a producer: stores jobs. Resolves when they are stored. */
  produce(order: Order): Promise<void>;
  /** For a worker: resolves when this many more jobs are done. */
  doneMore(jobs: number): Promise<void>;
}

export interface Order {
  readonly jobs: number;
  /** The number of calls under way. */
  readonly inFlight: number;
  /** The number of jobs in one call. */
  readonly batch: number;
}

interface Line {
  readonly ready?: true;
  readonly submitted?: number;
  /** A worker may be several processes, each with its own count. */
  readonly worker?: number;
  readonly done?: number;
}

/** Starts a program. Resolves when it reports that it is ready. */
export async function startLineProgram(
  [program = "", ...args]: readonly string[],
  folder: string,
  settings: Readonly<Record<string, string>>,
): Promise<LineProgram> {
  const child = spawn(program, args, {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...settings },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const counts = new Map<number, number>();
  const total = () => [...counts.values()].reduce((sum, count) => sum + count, 0);
  let counted = 0;
  let heard = (_: Line) => {};
  const until = (matches: (line: Line) => boolean) =>
    orFail(
      child,
      new Promise<void>((resolve) => {
        heard = (line) => matches(line) && resolve();
      }),
    );
  createInterface({ input: child.stdout }).on("line", (text) => {
    if (!text.startsWith("{")) return;
    const line = JSON.parse(text) as Line;
    if (line.worker !== undefined) counts.set(line.worker, line.done ?? 0);
    heard(line);
  });
  await until(({ ready }) => ready === true);
  return {
    pid: child.pid ?? 0,
    async produce(order) {
      const submitted = until((line) => line.submitted !== undefined);
      child.stdin.write(`${JSON.stringify(order)}\n`);
      await submitted;
    },
    async doneMore(jobs) {
      const goal = counted + jobs;
      if (total() < goal) await until(() => total() >= goal);
      if (total() > goal) throw new Error(`${program}: ${total() - goal} jobs ran twice`);
      counted = goal;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.stdin.end();
      const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await ended;
      clearTimeout(timer);
    },
  };
}

async function orFail(child: ChildProcess, result: Promise<void>): Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  const failed = once(child, "exit", { signal }).then(([code, by]) => {
    throw new Error(`${child.spawnargs.join(" ")} ended (${by ?? code})`);
  });
  try {
    await Promise.race([result, failed]);
  } finally {
    stop.abort();
    failed.catch(() => undefined);
  }
}
