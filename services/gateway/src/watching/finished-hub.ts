import { RpcFault } from "@millrace/runtime";
import {
  type BackoffPolicy,
  type Clock,
  createWake,
  type Random,
  type Retries,
  retrying,
} from "@millrace/shared";
import type { Scheduler } from "../scheduler/scheduler-client.ts";
import { AwaitedJobs, type FinishedListener } from "./awaited-jobs.ts";

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
  const jobs = new AwaitedJobs();
  const wake = createWake();
  const closed = new AbortController();
  let call: Call | undefined;

  const receive = async (from: Call, onFirst: () => void) => {
    for await (const { jobs: finished, missingJobIds } of from.responses) {
      onFirst();
      for (const job of finished) jobs.finished(job);
      for (const id of missingJobIds) jobs.gone(id);
      onAwaited(jobs.size);
    }
  };
  const send = async (to: Call, over: () => boolean) => {
    while (!over()) {
      if (!jobs.hasChanges) await wake.wait();
      const changes = jobs.takeChanges();
      if (changes.addJobIds.length + changes.dropJobIds.length > 0) await to.write(changes);
    }
  };

  const ended = new Error("the stream has ended");
  /** One stream, once there is something to wait for. */
  const watchOnce = async (retries: Retries) => {
    while (jobs.size === 0 && !closed.signal.aborted) await wake.wait();
    if (closed.signal.aborted) return;
    const stream = scheduler.watchFinished();
    call = stream;
    jobs.startAnew();
    let over = false;
    // Its failure is the stream's, which the receiver tells.
    const sending = send(stream, () => over).catch(() => undefined);
    try {
      await receive(stream, () => retries.progressed());
    } catch (error) {
      const drains = error instanceof RpcFault && error.reason === "DRAINING";
      if (retries.failures === 0 && !drains && !closed.signal.aborted) {
        options.onWarning?.("no scheduler tells of finished jobs", error);
      }
    }
    over = true;
    wake.wake();
    await sending;
    throw ended;
  };
  const { signal } = closed;
  const passes = (error: unknown) => error === ended;
  retrying(watchOnce, { clock, random, backoff, signal, passes }).catch((error: unknown) => {
    // The hub was closed while it waited for the next one.
    if (error !== ended) throw error;
  });

  const changed = () => {
    onAwaited(jobs.size);
    wake.wake();
  };
  return {
    watch(jobIds, listener) {
      jobs.add(jobIds, listener);
      changed();
    },
    forget(jobIds, listener) {
      jobs.forget(jobIds, listener);
      changed();
    },
    close() {
      closed.abort();
      call?.cancel();
      wake.wake();
    },
  };
}
