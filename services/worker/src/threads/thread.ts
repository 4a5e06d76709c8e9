/** What runs in each thread of the pool: one task at a time, as its messages come. */
import { parentPort } from "node:worker_threads";
import { type Progress, type Tasks, tasks } from "./tasks.ts";

/** From the pool. */
export interface TaskMessage {
  readonly name: keyof Tasks;
  readonly input: unknown;
}

/** To the pool. */
export type ThreadMessage =
  | { readonly kind: "progress"; readonly done: number; readonly total: number }
  | { readonly kind: "done"; readonly value: unknown }
  | { readonly kind: "threw"; readonly error: unknown };

const send = (message: ThreadMessage) => parentPort?.postMessage(message);

parentPort?.on("message", async ({ name, input }: TaskMessage) => {
  const task = tasks[name] as (input: unknown, progress: Progress) => unknown;
  const progress: Progress = (done, total) => send({ kind: "progress", done, total });
  try {
    send({ kind: "done", value: await task(input, progress) });
  } catch (error) {
    send({ kind: "threw", error });
  }
});
