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
 * Watches all jobs that callers of this gateway wait for, over one stream to one scheduler. When the stream breaks, the
 * hub opens another and asks for all jobs again; a job that finished meanwhile is reported at once. The hub's memory is
 * bounded by its listeners: one id per job that a listener waits for.
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
  /** Called with the number of awaited jobs after each change. */
  readonly onAwaited?: (count: number) => void;
  /** Called once for each period in which no scheduler can be reached. */
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
  /** Runs one stream, as soon as there are jobs to wait for. */
  const watchOnce = async (retries: Retries) => {
    while (jobs.size === 0 && !closed.signal.aborted) await wake.wait();
    if (closed.signal.aborted) return;
    const stream = scheduler.watchFinished();
    call = stream;
    jobs.startAnew();
    let over = false;
    // If writing fails the stream has failed, and `receive` reports that.
    const sending = send(stream, () => over).catch(() => undefined);
    try {
      await receive(stream, () => retries.progressed());
    } catch (error) {
      const drains = error instanceof RpcFault && error.reason === "DRAINING";
      if (retries.failures === 0 && !drains && !closed.signal.aborted) {
        options.onWarning?.(
          "no scheduler reports finished jobs: callers that wait for a job wait longer",
          error,
        );
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
    // The hub was closed during the pause before the next stream.
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
