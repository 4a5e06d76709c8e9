import { Worker } from "node:worker_threads";
import type { Clock, TimerHandle } from "@millrace/shared";
import { fairTurns } from "./fair-turns.ts";
import type { Progress } from "./progress.ts";
import type { Tasks } from "./tasks.ts";
import type { TaskMessage, ThreadMessage } from "./thread.ts";

export interface ThreadPoolOptions {
  /** How many tasks run at once; the others wait their turn. */
  readonly threads: number;
  /** How much CPU time one task may take. */
  readonly cpuMs: number;
  /** How long one task may run, by the clock. */
  readonly timeMs: number;
  /** What one task may hold on its heap, and again in buffers. */
  readonly memoryMb: number;
  readonly clock: Clock;
}

export type ThreadOutcome<Value> =
  | { readonly kind: "done"; readonly value: Value }
  /** The task was ended at its limit, and its thread with it. */
  | { readonly kind: "overCpu" | "overTime" | "overMemory" };

export interface TaskOptions {
  /** Who the task is for: threads are shared evenly by key. */
  readonly key: string;
  /** Ends the task, and its thread with it. */
  readonly signal: AbortSignal;
  readonly onProgress?: Progress;
  /** Told once a task has ended, however it did, what CPU time it took. */
  readonly onSpent?: (cpuMs: number) => void;
}

/** What a task is given; the buffers in `transfer` move to the thread and are gone here. */
export interface TaskInput<Input> {
  readonly input: Input;
  readonly transfer?: readonly ArrayBuffer[];
}

type Input<Name extends keyof Tasks> = Parameters<Tasks[Name]>[0];
type Value<Name extends keyof Tasks> = Awaited<ReturnType<Tasks[Name]>>;

export interface ThreadPool {
  /**
   * Runs a task when a thread is free; `prepare` is called only then, so that inputs that wait take
   * no memory. Throws what `prepare` or the task throws, or the signal's reason.
   */
  run<Name extends keyof Tasks>(
    name: Name,
    prepare: () => TaskInput<Input<Name>> | Promise<TaskInput<Input<Name>>>,
    options: TaskOptions,
  ): Promise<ThreadOutcome<Value<Name>>>;
  /** Ends all threads. Tasks under way throw. */
  close(): Promise<void>;
}

const IDLE_MS = 30_000;
const LOOK_MS = 100;
const entry = new URL("./thread.ts", import.meta.url);

/**
 * Threads for what would hold up the event loop or might crash. A V8 heap limit ends a thread by
 * itself, but buffers are outside of it: those, and the CPU time, are looked at from here. Why not Piscina: docs/adr/0009.
 */
export function openThreadPool(options: ThreadPoolOptions): ThreadPool {
  const { threads, cpuMs, timeMs, memoryMb, clock } = options;
  const turns = fairTurns(threads);
  /** What CPU time each thread had taken when its last task ended, milliseconds. */
  const spentBefore = new WeakMap<Worker, number>();
  const all = new Set<Worker>();
  /** Each with what will end it. */
  const idle = new Map<Worker, TimerHandle>();
  let closed = false;

  const start = (): Worker => {
    // No environment: what reads strangers' documents has no business with our keys.
    const resourceLimits = { maxOldGenerationSizeMb: memoryMb };
    const thread = new Worker(entry, { env: {}, resourceLimits });
    all.add(thread);
    // A thread that fails between two tasks is only not there for the next.
    thread.on("error", () => undefined);
    thread.once("exit", () => {
      all.delete(thread);
      unIdle(thread);
    });
    return thread;
  };
  const unIdle = (thread: Worker) => {
    idle.get(thread)?.cancel();
    idle.delete(thread);
  };
  const take = (): Worker => {
    const [thread] = idle.keys();
    if (thread === undefined) return start();
    unIdle(thread);
    return thread;
  };
  const giveBack = (thread: Worker) => {
    const end = () => {
      idle.delete(thread);
      void thread.terminate();
    };
    idle.set(thread, clock.after(IDLE_MS, end));
  };

  async function runNow<T>(
    thread: Worker,
    message: TaskMessage,
    transfer: readonly ArrayBuffer[],
    { signal, onProgress, onSpent }: TaskOptions,
  ): Promise<ThreadOutcome<T>> {
    const { promise, resolve, reject } = Promise.withResolvers<ThreadOutcome<T>>();
    const startMs = clock.nowMs();
    /** Of this task, as far as is known. */
    let spentMs = 0;
    let look: TimerHandle | undefined;
    const lookAtUse = () => {
      look = clock.after(LOOK_MS, async () => {
        // Unknown while the thread is still starting.
        const [heap, cpu] = await Promise.all([
          thread.getHeapStatistics(),
          thread.cpuUsage(),
        ]).catch(() => []);
        if (look === undefined) return;
        const cpuSoFarMs = ((cpu?.user ?? 0) + (cpu?.system ?? 0)) / 1_000;
        spentMs = Math.max(spentMs, cpuSoFarMs - (spentBefore.get(thread) ?? 0));
        if (spentMs > cpuMs) resolve({ kind: "overCpu" });
        else if ((heap?.external_memory ?? 0) > memoryMb * 1024 * 1024) {
          resolve({ kind: "overMemory" });
        } else lookAtUse();
      });
    };
    const onMessage = (said: ThreadMessage) => {
      if (said.kind === "progress") return onProgress?.(said.done, said.total);
      spentMs = said.cpuMs;
      spentBefore.set(thread, said.threadCpuMs);
      if (said.kind === "done") resolve({ kind: "done", value: said.value as T });
      else reject(said.error);
    };
    const onError = (error: Error & { code?: string }) =>
      error.code === "ERR_WORKER_OUT_OF_MEMORY" ? resolve({ kind: "overMemory" }) : reject(error);
    const onExit = () => reject(new Error("The thread ended before its task did."));
    const onAbort = () => reject(signal.reason);
    const late = clock.after(timeMs, () => {
      // It may be in one long call, and its CPU time not be known.
      spentMs = clock.nowMs() - startMs;
      resolve({ kind: "overTime" });
    });
    thread.on("message", onMessage).on("error", onError).on("exit", onExit);
    signal.addEventListener("abort", onAbort);
    let reusable = false;
    try {
      thread.postMessage(message, transfer);
      lookAtUse();
      const outcome = await promise;
      reusable = outcome.kind === "done";
      return outcome;
    } finally {
      late.cancel();
      look?.cancel();
      look = undefined;
      thread.off("message", onMessage).off("error", onError).off("exit", onExit);
      signal.removeEventListener("abort", onAbort);
      onSpent?.(spentMs);
      if (reusable) giveBack(thread);
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
        return runNow<never>(take(), { name, input }, transfer, task);
      });
      return orAborted(turn, task.signal);
    },
    async close() {
      closed = true;
      for (const thread of idle.keys()) unIdle(thread);
      await Promise.all([...all].map((thread) => thread.terminate()));
    },
  };
}

/** Whoever waits, for a turn or for a thread's end, hears of an abort at once. */
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
