import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** Longer than any round takes, even on a busy machine. */
const ANSWER_MS = 600_000;
/** A process whose work is stuck may not be able to close. */
const CLOSE_MS = 10_000;

/**
 * A process of a benchmark. Its first message says that it is ready, and then it answers each message with one
 * message.
 */
export interface Child extends AsyncDisposable {
  readonly pid: number;
  /** Sends a task and resolves with the answer. Rejects if none comes within ten minutes. */
  ask<Reply>(message: object): Promise<Reply>;
}

/** Starts a file of this folder. Resolves when the process is ready. The process ends with this one. */
export async function startChild(
  file: string,
  settings: Readonly<Record<string, string>>,
): Promise<Child> {
  const child = fork(join(import.meta.dirname, file), {
    env: { PATH: process.env.PATH, ...settings, ...profiled(file) },
  });
  await answer(child);
  return {
    pid: child.pid ?? 0,
    async ask<Reply>(message: object) {
      const reply = answer(child);
      child.send(message);
      return (await reply) as Reply;
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}

async function answer(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController();
  const exit = once(child, "exit", { signal: ended.signal }).then(([code, signal]) => {
    throw new Error(`${child.spawnargs.join(" ")} ended (${signal ?? code})`);
  });
  const late = AbortSignal.timeout(ANSWER_MS);
  const messages = once(child, "message", { signal: AbortSignal.any([ended.signal, late]) });
  const [message] = await Promise.race([messages, exit]).catch((error: unknown) => {
    const command = child.spawnargs.join(" ");
    throw late.aborted ? new Error(`${command} has not answered within ${ANSWER_MS} ms`) : error;
  });
  ended.abort();
  exit.catch(() => undefined);
  return message;
}

/** If BENCH_PROFILE is set to a folder, every process of a benchmark writes a CPU profile to it. */
export const profiled = (name: string): Record<string, string> =>
  process.env.BENCH_PROFILE === undefined
    ? {}
    : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${join(process.env.BENCH_PROFILE, name)}` };

/** Runs in the child: reports that it is ready, answers tasks, and ends once its parent is gone. */
export async function serveParent(
  start: () => Promise<{
    answer(message: never): Promise<object>;
    close(): Promise<unknown>;
  }>,
): Promise<void> {
  // A channel without listeners does not keep a process alive, so this refs it.
  process.channel?.ref();
  const { answer: answerTo, close } = await start();
  process.on("message", (message) => {
    void answerTo(message as never).then((reply) => process.send?.(reply));
  });
  process.on("disconnect", () => {
    setTimeout(() => process.exit(1), CLOSE_MS);
    void close().then(() => process.exit(0));
  });
  process.send?.({ ready: true });
}
