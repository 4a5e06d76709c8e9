import type { Clock } from "@millrace/shared";
import { registryKeys } from "./keys.ts";
import { readTime } from "./read_time.ts";
import type { OnWarning } from "./settings.ts";
import type { Store } from "./store-connection.ts";

const MEASURE_EVERY_MS = 5_000;
/** A reply that took longer says too little of when it was true. */
const MAX_ROUND_TRIP_MS = 250;
/** Machines that keep time agree better than this. */
const WARN_FROM_MS = 1_000;

export interface RedisClock {
  readonly clock: Clock;
  close(): void;
}

/**
 * Time as Redis has it, measured every few seconds: so that replicas agree on what a minute is whatever
 * their machines say. Without it, one that is ahead would forget too early what a budget has given away.
 * Resolves once it was measured.
 */
export async function redisClock(
  redis: Store,
  rootPrefix: string,
  local: Clock,
  onWarning: OnWarning,
): Promise<RedisClock> {
  // Of a Cluster's servers one keeps the time: that which keeps the registry.
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
    onWarning(`this machine's clock is ${by} ms off that of Redis, whose time is used: mend it`);
  };
  await measure();
  let timer = local.after(MEASURE_EVERY_MS, again);
  function again() {
    // While Redis is away the last measure holds.
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
