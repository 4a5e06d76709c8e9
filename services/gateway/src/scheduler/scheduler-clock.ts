import { status } from "@grpc/grpc-js";
import { RpcFault, timeMs } from "@millrace/runtime";
import type { Clock } from "@millrace/shared";
import type { Scheduler } from "./scheduler-client.ts";

const MEASURE_EVERY_MS = 5_000;
/** The pause while the best measurement so far took too long. */
const MEASURE_AGAIN_MS = 200;
/** With a slower reply, the time of the measurement is too uncertain. */
const MAX_ROUND_TRIP_MS = 250;

/** The schedulers' time, or this machine's time until the schedulers' is measured. */
export interface SchedulerClock extends Clock {
  /** Resolves once the schedulers' time is measured. Rejects if no scheduler can be reached. */
  known(): Promise<void>;
  close(): void;
}

export interface SchedulerClockOptions {
  readonly scheduler: Pick<Scheduler, "getTime">;
  readonly local: Clock;
}

/**
 * Measures the schedulers' time every few seconds, so that one clock stamps the jobs of all gateways. The clock may be late
 * by the duration of a reply, and is never early: a job's submit time never lies after its start.
 */
export function schedulerClock({ scheduler, local }: SchedulerClockOptions): SchedulerClock {
  let offsetMs: number | undefined;
  /** How long the measurement of the current offset took. */
  let roundTripMs = Number.POSITIVE_INFINITY;
  let first: Promise<void> | undefined;
  let closed = false;
  const measure = async () => {
    const beforeMs = local.nowMs();
    const serverMs = await schedulerTimeMs(scheduler);
    const afterMs = local.nowMs();
    // Schedulers of older versions do not serve getTime.
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
    // While no scheduler can be reached, the last measurement stays in use.
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
