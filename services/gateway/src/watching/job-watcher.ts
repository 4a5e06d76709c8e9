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

/** Of one caller's job, until its final state. */
export type JobWatcher = (
  keyId: KeyId,
  watch: WatchJobRequest,
  signal: AbortSignal,
) => AsyncGenerator<WatchJobResponse>;

export interface JobWatcherOptions {
  readonly scheduler: Pick<Scheduler, "watch">;
  readonly clock: Clock;
  readonly random: Random;
  /** How long no scheduler may be heard, from a cut on, before the watch fails. */
  readonly giveUpAfterMs: number;
}

const backoff: BackoffPolicy = { initialMs: 25, maxMs: 1_000, factor: 2, jitter: 0.5 };

/**
 * A job's events across schedulers: when the one that sends them goes away, another goes on after what
 * has been relayed, and nothing is sent twice. Output comes first and the job's final state last,
 * whatever the order in which a scheduler sends them. Ends after the final state, or throws: a stream
 * of a scheduler that ends before is a cut, whatever it looks like.
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
            // Output may follow it here; whether all has come is known once the stream has ended.
            if (hasFinished(job)) final = event;
            if (hasFinished(job) || (shown !== undefined && isSame(shown, job))) continue;
            shown = job;
          }
          yield event;
        }
      } catch (error) {
        // Output that is asked for is no longer kept: the result is all that is left.
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

/** Whether a watcher has been told of all that it wants to be told of. */
const isSame = (one: Job, other: Job): boolean =>
  one.state === other.state &&
  one.attempt === other.attempt &&
  one.cancelRequested === other.cancelRequested;

const endedEarly = (): RpcFault =>
  rpcError({
    reason: "SCHEDULER_UNAVAILABLE",
    message: "the scheduler ended its stream early",
    retryDelayMs: 1_000,
  });
