/** The program of each thread in the pool. It runs one task per message, one at a time. */
import { parentPort } from "node:worker_threads";
import type { Progress } from "./progress.ts";
import { type Tasks, tasks } from "./tasks.ts";

/** A message from the pool. */
export interface TaskMessage {
  readonly name: keyof Tasks;
  readonly input: unknown;
}

/** A message to the pool. The last message of a task has the task's CPU time, and the thread's total. */
export type ThreadMessage =
  | { readonly kind: "progress"; readonly done: number; readonly total: number }
  | ((
      | { readonly kind: "done"; readonly value: unknown }
      | { readonly kind: "threw"; readonly error: unknown }
    ) & { readonly cpuMs: number; readonly threadCpuMs: number });

const send = (message: ThreadMessage) => parentPort?.postMessage(message);

const threadCpuMs = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

parentPort?.on("message", async ({ name, input }: TaskMessage) => {
  const before = threadCpuMs();
  const spent = () => ({ cpuMs: threadCpuMs() - before, threadCpuMs: threadCpuMs() });
  const task = tasks[name] as (input: unknown, progress: Progress) => unknown;
  const progress: Progress = (done, total) => send({ kind: "progress", done, total });
  try {
    const value = await task(input, progress);
    send({ kind: "done", value, ...spent() });
  } catch (error) {
    send({ kind: "threw", error, ...spent() });
  }
});
