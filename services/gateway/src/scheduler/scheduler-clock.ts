import { status } from "@grpc/grpc-js";
import { RpcFault, timeMs } from "@millrace/runtime";
import type { Clock } from "@millrace/shared";
import type { Scheduler } from "./scheduler-client.ts";

const MEASURE_EVERY_MS = 5_000;
/** While the best reply so far took longer than it may. */
const MEASURE_AGAIN_MS = 200;
/** A reply that took longer says too little of when it was true. */
const MAX_ROUND_TRIP_MS = 250;

/** The schedulers' time. Until it is known, this machine's. */
export interface SchedulerClock extends Clock {
  /** Resolves once the schedulers' time was measured; rejects if no scheduler can be reached. */
  known(): Promise<void>;
  close(): void;
}

export interface SchedulerClockOptions {
  readonly scheduler: Pick<Scheduler, "getTime">;
  readonly local: Clock;
}

/**
 * Time as the schedulers have it, measured every few seconds, so that jobs of all gateways have times and
 * ids by one clock. It may be behind by as long as a reply takes, and is never ahead: a job that it stamps
 * was not submitted after it started.
 */
export function schedulerClock({ scheduler, local }: SchedulerClockOptions): SchedulerClock {
  let offsetMs: number | undefined;
  /** Of the reply that the offset is from. */
  let roundTripMs = Number.POSITIVE_INFINITY;
  let first: Promise<void> | undefined;
  let closed = false;
  const measure = async () => {
    const beforeMs = local.nowMs();
    const serverMs = await schedulerTimeMs(scheduler);
    const afterMs = local.nowMs();
    // A scheduler of an older version has no time to tell.
    const tookMs = afterMs - beforeMs;
    if (serverMs === undefined) {
      offsetMs ??= 0;
      roundTripMs = 0;
    } else if (tookMs <= MAX_ROUND_TRIP_MS || tookMs < roundTripMs) {
      offsetMs = serverMs - afterMs;
      roundTripMs = tookMs;
    }
  };
  const measureOnce = () => {
    first ??= measure().finally(() => {
      first = undefined;
    });
    return first;
  };
  let timer = local.after(0, again);
  function again() {
    // While no scheduler can be reached the last measure holds.
    void measureOnce()
      .catch(() => undefined)
      .then(() => {
        const exact = roundTripMs <= MAX_ROUND_TRIP_MS || offsetMs === undefined;
        if (!closed) timer = local.after(exact ? MEASURE_EVERY_MS : MEASURE_AGAIN_MS, again);
      });
  }
  return {
    nowMs: () => Math.floor(local.nowMs() + (offsetMs ?? 0)),
    after: (delayMs, run) => local.after(delayMs, run),
    async known() {
      if (offsetMs === undefined) await measureOnce();
    },
    close() {
      closed = true;
      timer.cancel();
    },
  };
}

async function schedulerTimeMs(scheduler: Pick<Scheduler, "getTime">): Promise<number | undefined> {
  try {
    const { time } = await scheduler.getTime({});
    return time === undefined ? undefined : timeMs(time);
  } catch (error) {
    if (error instanceof RpcFault && error.code === status.UNIMPLEMENTED) return undefined;
    throw error;
  }
}
