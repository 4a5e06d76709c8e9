import { Worker } from "node:worker_threads";
import type { Clock, TimerHandle } from "@millrace/shared";

const entry = new URL("./thread.ts", import.meta.url);
const IDLE_MS = 30_000;

/** Threads that are started on demand, and kept for a while after. */
export interface SpareThreads {
  /** Takes an idle thread, or starts a new one. */
  take(): Worker;
  /** Gives an idle thread back. It ends if nobody takes it for a while. */
  giveBack(thread: Worker): void;
  /** Ends all threads, also those that are taken. */
  close(): Promise<void>;
}

/** `memoryMb` limits the heap of each thread. */
export function spareThreads(memoryMb: number, clock: Clock): SpareThreads {
  const all = new Set<Worker>();
  /** Idle threads, each with the timer that ends it. */
  const idle = new Map<Worker, TimerHandle>();

  const start = (): Worker => {
    // Threads get no environment variables, because code that reads strangers' documents must not see our keys.
    const resourceLimits = { maxOldGenerationSizeMb: memoryMb };
    const thread = new Worker(entry, { env: {}, resourceLimits });
    all.add(thread);
    // If a thread fails between two tasks, it is only missing for the next task.
    thread.on("error", () => undefined);
    thread.once("exit", () => {
      all.delete(thread);
      markBusy(thread);
    });
    return thread;
  };
  const markBusy = (thread: Worker) => {
    idle.get(thread)?.cancel();
    idle.delete(thread);
  };
  const take = () => {
    const [thread] = idle.keys();
    if (thread === undefined) return start();
    markBusy(thread);
    return thread;
  };
  const giveBack = (thread: Worker) => {
    const end = () => {
      idle.delete(thread);
      void thread.terminate();
    };
    idle.set(thread, clock.after(IDLE_MS, end));
  };
  return {
    take,
    giveBack,
    async close() {
      for (const thread of idle.keys()) markBusy(thread);
      await Promise.all([...all].map((thread) => thread.terminate()));
    },
  };
}
