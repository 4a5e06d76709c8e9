import type { Clock } from "@millrace/shared";
import { registryKeys } from "./keys.ts";
import { readTime } from "./read_time.ts";
import type { OnWarning } from "./settings.ts";
import type { Store } from "./store-connection.ts";

const MEASURE_EVERY_MS = 5_000;
/** A slower reply says too little about when its time was right. */
const MAX_ROUND_TRIP_MS = 250;
/** Machines with synchronised clocks differ by less than this. */
const WARN_FROM_MS = 1_000;

export interface RedisClock {
  readonly clock: Clock;
  close(): void;
}

/**
 * A clock that follows Redis's time, measured every few seconds, so that all replicas agree on it whatever their machines'
 * clocks say. Without it, a replica whose clock is ahead would drop reservations from a budget's window too early.
 * Resolves after the first measurement.
 */
export async function redisClock(
  redis: Store,
  rootPrefix: string,
  local: Clock,
  onWarning: OnWarning,
): Promise<RedisClock> {
  // In a Cluster, the server that stores the registry provides the time.
  const key = registryKeys(rootPrefix).queues;
  let offsetMs = 0;
  let warned = false;
  const measure = async () => {
    const beforeMs = local.nowMs();
    const serverMs = await readTime.run(redis, key, undefined);
    const afterMs = local.nowMs();
    if (afterMs - beforeMs > MAX_ROUND_TRIP_MS) return;
    offsetMs = serverMs - (beforeMs + afterMs) / 2;
    if (warned || Math.abs(offsetMs) < WARN_FROM_MS) return;
    warned = true;
    const by = Math.round(Math.abs(offsetMs));
    onWarning(
      `this machine's clock differs from Redis's time by ${by} ms. Millrace uses Redis's time; synchronise the machine's clock`,
    );
  };
  await measure();
  let timer = local.after(MEASURE_EVERY_MS, again);
  function again() {
    // While Redis is away, the last measurement stays in use.
    void measure().catch(() => undefined);
    timer = local.after(MEASURE_EVERY_MS, again);
  }
  return {
    clock: {
      nowMs: () => Math.round(local.nowMs() + offsetMs),
      after: (delayMs, run) => local.after(delayMs, run),
    },
    close: () => timer.cancel(),
  };
}
