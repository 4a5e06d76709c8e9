import { Worker } from "node:worker_threads";
import type { Clock, TimerHandle } from "@millrace/shared";

const entry = new URL("./thread.ts", import.meta.url);
const IDLE_MS = 30_000;

/** Threads that are started when they are needed, and kept for a while after. */
export interface SpareThreads {
  /** One that runs nothing: one that was given back, or a new one. */
  take(): Worker;
  /** A thread that runs nothing any more; it ends if nobody takes it for a while. */
  giveBack(thread: Worker): void;
  /** Ends them all, those that are taken too. */
  close(): Promise<void>;
}

/** `memoryMb` bounds the heap of each. */
export function spareThreads(memoryMb: number, clock: Clock): SpareThreads {
  const all = new Set<Worker>();
  /** Each with what will end it. */
  const idle = new Map<Worker, TimerHandle>();

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
  const take = () => {
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
  return {
    take,
    giveBack,
    async close() {
      for (const thread of idle.keys()) unIdle(thread);
      await Promise.all([...all].map((thread) => thread.terminate()));
    },
  };
}
