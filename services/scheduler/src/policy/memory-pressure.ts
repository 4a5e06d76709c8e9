/** The memory of the fullest Redis server. */
export interface MemoryReading {
  readonly usedBytes: number;
  /** The server's maxmemory; 0 means that it has none. */
  readonly limitBytes: number;
}

/**
 * Shares of the limit. `resumePercent` is lower, so that the scheduler does not alternate between accepting and
 * refusing.
 */
export interface MemoryShares {
  readonly shedPercent: number;
  readonly resumePercent: number;
}

export interface MemoryPressure {
  /** Whether that many bytes of new jobs may be stored. If so, they count as stored until the next measurement. */
  admits(bytes: number): boolean;
  /** Takes a measurement, which replaces what was counted since the last one. Returns whether jobs are refused. */
  measured(reading: MemoryReading): boolean;
}

/**
 * Load shedding: decides whether new jobs are accepted, by the memory that Redis has left. A full Redis refuses all
 * writes, so the rest is reserved for jobs already stored. Between two measurements this counts the jobs that it accepts.
 */
export function memoryPressure({ shedPercent, resumePercent }: MemoryShares): MemoryPressure {
  let reading: MemoryReading = { usedBytes: 0, limitBytes: 0 };
  let added = 0;
  let shedding = false;
  const isOver = (bytes: number, percent: number) =>
    reading.limitBytes > 0 && bytes * 100 > reading.limitBytes * percent;
  return {
    admits(bytes) {
      if (!shedding) shedding = isOver(reading.usedBytes + added + bytes, shedPercent);
      if (!shedding) added += bytes;
      return !shedding;
    },
    measured(now) {
      reading = now;
      added = 0;
      shedding = isOver(reading.usedBytes, shedding ? resumePercent : shedPercent);
      return shedding;
    },
  };
}
