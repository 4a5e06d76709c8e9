import type { Job } from "@millrace/proto/job";
import { RpcFault } from "@millrace/runtime";
import {
  type BackoffPolicy,
  backoffMs,
  type Clock,
  createWake,
  limits,
  type Random,
  sleep,
} from "@millrace/shared";
import type { Scheduler } from "./scheduler-client.ts";

/** Told once of each job that it waits for. Must not throw. */
export interface FinishedListener {
  /** Without its payload. */
  finished(job: Job): void;
  /** It is not there (any more). */
  gone(jobId: string): void;
}

/**
 * All that callers of this gateway wait for, on one stream to one scheduler. When that one goes away,
 * all of it is asked for again, of it or another: a job that finished meanwhile comes back at once.
 * What it holds is bounded by its listeners: an id for each job that one waits for.
 */
export interface FinishedHub {
  watch(jobIds: readonly string[], listener: FinishedListener): void;
  forget(jobIds: Iterable<string>, listener: FinishedListener): void;
  close(): void;
}

export interface FinishedHubOptions {
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  readonly random: Random;
  /** Told how many jobs are waited for, at each change. */
  readonly onAwaited?: (count: number) => void;
  /** Told once of each time that no scheduler can be heard. */
  readonly onWarning?: ((message: string, error: unknown) => void) | undefined;
}

const backoff: BackoffPolicy = { initialMs: 25, maxMs: 2_000, factor: 2, jitter: 0.5 };

type Call = ReturnType<Scheduler["watchFinished"]>;

export function createFinishedHub(options: FinishedHubOptions): FinishedHub {
  const { scheduler, clock, random, onAwaited = () => undefined } = options;
  // Sets: thousands may wait for one job, and leave at once.
  const listeners = new Map<string, Set<FinishedListener>>();
  // What the stream has not been told yet. An id is never in both.
  let toAdd = new Set<string>();
  let toDrop = new Set<string>();
  const wake = createWake();
  const closed = new AbortController();
  let call: Call | undefined;

  const take = (jobId: string): Iterable<FinishedListener> => {
    const told = listeners.get(jobId) ?? [];
    listeners.delete(jobId);
    return told;
  };
  const receive = async (from: Call, onFirst: () => void) => {
    for await (const { jobs, missingJobIds } of from.responses) {
      onFirst();
      for (const job of jobs) for (const one of take(job.id)) one.finished(job);
      for (const id of missingJobIds) for (const one of take(id)) one.gone(id);
      onAwaited(listeners.size);
    }
  };
  const send = async (to: Call, over: () => boolean) => {
    while (!over()) {
      if (toAdd.size + toDrop.size === 0) await wake.wait();
      const addJobIds = takeFrom(toAdd, limits.jobsPerSubmit);
      const dropJobIds = takeFrom(toDrop, limits.jobsPerSubmit);
      if (addJobIds.length + dropJobIds.length > 0) await to.write({ addJobIds, dropJobIds });
    }
  };

  const run = async () => {
    for (let failures = 0; !closed.signal.aborted; failures += 1) {
      while (listeners.size === 0 && !closed.signal.aborted) await wake.wait();
      if (closed.signal.aborted) return;
      const stream = scheduler.watchFinished();
      call = stream;
      toAdd = new Set(listeners.keys());
      toDrop = new Set();
      let over = false;
      // Its failure is the stream's, which the receiver tells.
      const sending = send(stream, () => over).catch(() => undefined);
      try {
        await receive(stream, () => {
          failures = 0;
        });
      } catch (error) {
        const drains = error instanceof RpcFault && error.reason === "DRAINING";
        if (failures === 0 && !drains && !closed.signal.aborted) {
          options.onWarning?.("no scheduler tells of finished jobs", error);
        }
      }
      over = true;
      wake.wake();
      await sending;
      await sleep(clock, backoffMs(backoff, failures + 1, random), closed.signal);
    }
  };
  void run();

  return {
    watch(jobIds, listener) {
      for (const id of jobIds) {
        const told = listeners.get(id);
        if (told === undefined) listeners.set(id, new Set([listener]));
        else told.add(listener);
        toDrop.delete(id);
        toAdd.add(id);
      }
      onAwaited(listeners.size);
      wake.wake();
    },
    forget(jobIds, listener) {
      for (const id of jobIds) {
        const told = listeners.get(id);
        if (told?.delete(listener) !== true || told.size > 0) continue;
        listeners.delete(id);
        toAdd.delete(id);
        toDrop.add(id);
      }
      onAwaited(listeners.size);
      wake.wake();
    },
    close() {
      closed.abort();
      call?.cancel();
      wake.wake();
    },
  };
}

function takeFrom(ids: Set<string>, count: number): string[] {
  const taken: string[] = [];
  for (const id of ids) {
    if (taken.length === count) break;
    ids.delete(id);
    taken.push(id);
  }
  return taken;
}
