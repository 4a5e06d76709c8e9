import { status } from "@grpc/grpc-js";
import type { Job } from "@millrace/proto/job";
import type { WatchJobRequest, WatchJobResponse } from "@millrace/proto/job-service";
import { RpcFault, rpcError } from "@millrace/runtime";
import {
  type BackoffPolicy,
  type Clock,
  type KeyId,
  type Random,
  type Retries,
  retryingStream,
} from "@millrace/shared";
import { hasFinished } from "../messages/has-finished.ts";
import type { Scheduler } from "../scheduler/scheduler-client.ts";

/** Watches one caller's job until its final state. */
export type JobWatcher = (
  keyId: KeyId,
  watch: WatchJobRequest,
  signal: AbortSignal,
) => AsyncGenerator<WatchJobResponse>;

export interface JobWatcherOptions {
  readonly scheduler: Pick<Scheduler, "watch">;
  readonly clock: Clock;
  readonly random: Random;
  /** How long no scheduler may be reachable after a break before the watch fails. */
  readonly giveUpAfterMs: number;
}

const backoff: BackoffPolicy = { initialMs: 25, maxMs: 1_000, factor: 2, jitter: 0.5 };

/**
 * Watches a job across schedulers. When a scheduler's stream breaks, the watcher continues at another one after the last
 * relayed chunk, and sends nothing twice. The caller gets all output before the job's final state, in whatever order
 * the scheduler sends them. The generator ends after the final state or throws: a scheduler's stream that ends earlier counts as broken.
 */
export const createJobWatcher =
  ({ scheduler, clock, random, giveUpAfterMs }: JobWatcherOptions): JobWatcher =>
  (keyId, { jobId, fromOffset }, signal) => {
    let next = fromOffset;
    let shown: Job | undefined;
    const once = async function* (retries: Retries): AsyncGenerator<WatchJobResponse> {
      let final: WatchJobResponse | undefined;
      try {
        const watch = { jobId, fromOffset: next };
        for await (const { event } of scheduler.watch({ keyId, watch }, { signal })) {
          if (event === undefined) continue;
          retries.progressed();
          if (event.event.case === "chunks") {
            next = (event.event.value.chunks.at(-1)?.offset ?? next - 1n) + 1n;
          } else if (event.event.case === "job") {
            const job = event.event.value;
            // Output may follow the final state here. Only the end of the stream proves that all output has arrived.
            if (hasFinished(job)) final = event;
            if (hasFinished(job) || (shown !== undefined && isSame(shown, job))) continue;
            shown = job;
          }
          yield event;
        }
      } catch (error) {
        // The requested output is no longer stored, so only the final state is left.
        if (final !== undefined && isGone(error)) yield final;
        throw error;
      }
      if (final === undefined) throw endedEarly();
      yield final;
    };
    const passes = (error: unknown) =>
      error instanceof RpcFault && error.code === status.UNAVAILABLE && !signal.aborted;
    const options = { clock, random, backoff, signal, passes, patienceMs: giveUpAfterMs };
    return retryingStream(once, options);
  };

const isGone = (error: unknown): boolean =>
  error instanceof RpcFault && error.code === status.OUT_OF_RANGE;

/** Whether two states of a job look the same to a watcher. */
const isSame = (one: Job, other: Job): boolean =>
  one.state === other.state &&
  one.attempt === other.attempt &&
  one.cancelRequested === other.cancelRequested;

const endedEarly = (): RpcFault =>
  rpcError({
    reason: "SCHEDULER_UNAVAILABLE",
    message: "the scheduler ended its stream before the job's final state: watch again",
    retryDelayMs: 1_000,
  });
