import type { Worker } from "node:worker_threads";
import type { Clock, TimerHandle } from "@millrace/shared";
import { fairTurns } from "./fair-turns.ts";
import type { Progress } from "./progress.ts";
import { spareThreads } from "./spare-threads.ts";
import type { Tasks } from "./tasks.ts";
import type { TaskMessage, ThreadMessage } from "./thread.ts";

export interface ThreadPoolOptions {
  /** How many tasks run at once. Further tasks wait their turn. */
  readonly threads: number;
  /** How much CPU time one task may use, in milliseconds. */
  readonly cpuMs: number;
  /** How long one task may run by the clock, in milliseconds. */
  readonly timeMs: number;
  /** How much memory one task may use on its heap, and as much again in buffers, in MiB. */
  readonly memoryMb: number;
  readonly clock: Clock;
}

export type ThreadOutcome<Value> =
  | { readonly kind: "done"; readonly value: Value }
  /** The task exceeded a limit. It was ended, and its thread with it. */
  | { readonly kind: "overCpu" | "overTime" | "overMemory" };

export interface TaskOptions {
  /** The key that the task is for. Threads are shared evenly between keys. */
  readonly key: string;
  /** Ends the task, and its thread with it. */
  readonly signal: AbortSignal;
  readonly onProgress?: Progress;
  /** Called with the task's CPU time once it has ended, in whatever way. */
  readonly onSpent?: (cpuMs: number) => void;
}

/** The input of a task. The buffers in `transfer` move to the thread and cannot be used here any more. */
export interface TaskInput<Input> {
  readonly input: Input;
  readonly transfer?: readonly ArrayBuffer[];
}

type Input<Name extends keyof Tasks> = Parameters<Tasks[Name]>[0];
type Value<Name extends keyof Tasks> = Awaited<ReturnType<Tasks[Name]>>;

export interface ThreadPool {
  /**
   * Runs a task when a thread is free. `prepare` is called only then, so that waiting inputs take no memory. Throws what
   * `prepare` or the task throws, or the signal's reason.
   */
  run<Name extends keyof Tasks>(
    name: Name,
    prepare: () => TaskInput<Input<Name>> | Promise<TaskInput<Input<Name>>>,
    options: TaskOptions,
  ): Promise<ThreadOutcome<Value<Name>>>;
  /** Ends all threads. Tasks under way throw. */
  close(): Promise<void>;
}

const MEASURE_MS = 100;

/**
 * Runs tasks in threads that would block the event loop or might crash. V8's heap limit ends a thread by itself, but does
 * not cover buffers. So the pool measures buffers and CPU time from outside. Why not Piscina: docs/adr/0009.
 */
export function openThreadPool(options: ThreadPoolOptions): ThreadPool {
  const { threads, cpuMs, timeMs, memoryMb, clock } = options;
  const turns = fairTurns(threads);
  /** The CPU time that each thread had used when its last task ended, in milliseconds. */
  const spentBefore = new WeakMap<Worker, number>();
  const spare = spareThreads(memoryMb, clock);
  let closed = false;

  async function runNow<T>(
    thread: Worker,
    message: TaskMessage,
    transfer: readonly ArrayBuffer[],
    { signal, onProgress, onSpent }: TaskOptions,
  ): Promise<ThreadOutcome<T>> {
    const { promise, resolve, reject } = Promise.withResolvers<ThreadOutcome<T>>();
    const startMs = clock.nowMs();
    /** The CPU time of this task, as far as known. */
    let spentMs = 0;
    let measuring: TimerHandle | undefined;
    const measureUse = () => {
      measuring = clock.after(MEASURE_MS, async () => {
        // The statistics are unknown while the thread is still starting.
        const [heap, cpu] = await Promise.all([
          thread.getHeapStatistics(),
          thread.cpuUsage(),
        ]).catch(() => []);
        if (measuring === undefined) return;
        const cpuSoFarMs = ((cpu?.user ?? 0) + (cpu?.system ?? 0)) / 1_000;
        spentMs = Math.max(spentMs, cpuSoFarMs - (spentBefore.get(thread) ?? 0));
        if (spentMs > cpuMs) resolve({ kind: "overCpu" });
        else if ((heap?.external_memory ?? 0) > memoryMb * 1024 * 1024) {
          resolve({ kind: "overMemory" });
        } else measureUse();
      });
    };
    const onMessage = (sent: ThreadMessage) => {
      if (sent.kind === "progress") return onProgress?.(sent.done, sent.total);
      spentMs = sent.cpuMs;
      spentBefore.set(thread, sent.threadCpuMs);
      if (sent.kind === "done") resolve({ kind: "done", value: sent.value as T });
      else reject(sent.error);
    };
    const onError = (error: Error & { code?: string }) =>
      error.code === "ERR_WORKER_OUT_OF_MEMORY" ? resolve({ kind: "overMemory" }) : reject(error);
    const onExit = () => reject(new Error("The thread ended before its task did."));
    const onAbort = () => reject(signal.reason);
    const late = clock.after(timeMs, () => {
      // The thread may be in one long call, so that its CPU time cannot be measured.
      spentMs = clock.nowMs() - startMs;
      resolve({ kind: "overTime" });
    });
    thread.on("message", onMessage).on("error", onError).on("exit", onExit);
    signal.addEventListener("abort", onAbort);
    let reusable = false;
    try {
      thread.postMessage(message, transfer);
      measureUse();
      const outcome = await promise;
      reusable = outcome.kind === "done";
      return outcome;
    } finally {
      late.cancel();
      measuring?.cancel();
      measuring = undefined;
      thread.off("message", onMessage).off("error", onError).off("exit", onExit);
      signal.removeEventListener("abort", onAbort);
      onSpent?.(spentMs);
      if (reusable) spare.giveBack(thread);
      else await thread.terminate();
    }
  }

  return {
    run(name, prepare, task) {
      const assertWanted = () => {
        task.signal.throwIfAborted();
        if (closed) throw new Error("The threads are closed.");
      };
      const turn = turns.run(task.key, async () => {
        assertWanted();
        const { input, transfer = [] } = await prepare();
        assertWanted();
        return runNow<never>(spare.take(), { name, input }, transfer, task);
      });
      return orAborted(turn, task.signal);
    },
    async close() {
      closed = true;
      await spare.close();
    },
  };
}

/** Rejects at once if the signal aborts, while the caller waits for a turn or for a thread's end. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
