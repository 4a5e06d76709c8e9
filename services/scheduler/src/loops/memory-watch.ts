import type { Engine } from "@millrace/engine";
import { every, INTERNAL_QUEUE_PREFIX, type Loop, type LoopOptions } from "@millrace/shared";
import type { Logger, SchedulerMetrics } from "@millrace/telemetry";
import type { MemoryPressure, MemoryReading } from "../policy/memory-pressure.ts";
import type { StoredBytesBound } from "../policy/stored-bytes.ts";

export interface MemoryWatchParts {
  readonly engine: Pick<Engine, "memory" | "recentQueues">;
  readonly pressure: Pick<MemoryPressure, "measured">;
  readonly storedBytes: Pick<StoredBytesBound, "measured">;
  readonly metrics: Pick<SchedulerMetrics, "redisMemoryUsed" | "redisMemoryLimit">;
  /** Called when the scheduler begins to refuse jobs, and when it stops refusing them. */
  readonly onChange: (shedding: boolean, reading: MemoryReading) => void;
}

/** Logs changes that operators should know without looking at metrics. */
export const logMemoryChange =
  (log: Pick<Logger, "warn" | "info">): MemoryWatchParts["onChange"] =>
  (shedding, { usedBytes: used_bytes, limitBytes: limit_bytes }) => {
    const fields = { used_bytes, limit_bytes };
    if (shedding) log.warn(fields, "Redis has little memory left: the scheduler refuses new jobs");
    else log.info(fields, "Redis has memory again: the scheduler accepts new jobs");
  };

/** Measures Redis' memory regularly, for the policies that depend on it and for operators. */
export function startMemoryWatch(parts: MemoryWatchParts, options: LoopOptions): Loop {
  const { engine, pressure, storedBytes, metrics, onChange } = parts;
  let before = false;
  return every(async () => {
    const [reading, queues] = await Promise.all([engine.memory(), engine.recentQueues()]);
    const ofCallers = queues.filter(({ name }) => !name.startsWith(INTERNAL_QUEUE_PREFIX));
    storedBytes.measured(reading.limitBytes, ofCallers.length);
    metrics.redisMemoryUsed.set(reading.usedBytes);
    metrics.redisMemoryLimit.set(reading.limitBytes);
    const shedding = pressure.measured(reading);
    if (shedding !== before) onChange(shedding, reading);
    before = shedding;
  }, options);
}
