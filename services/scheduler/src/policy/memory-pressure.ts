/** The memory of the server that is fullest. */
export interface MemoryReading {
  readonly usedBytes: number;
  /** What it may use; 0: as much as there is. */
  readonly limitBytes: number;
}

/** Shares of the limit. The second is lower, so that jobs are not taken and refused by turns. */
export interface MemoryShares {
  readonly shedPercent: number;
  readonly resumePercent: number;
}

export interface MemoryPressure {
  /** Whether so many bytes of new jobs may be stored. Those that may are taken to have been. */
  admits(bytes: number): boolean;
  /** What is said here replaces what was taken to have been stored. Returns whether jobs are refused. */
  measured(reading: MemoryReading): boolean;
}

/**
 * Whether new jobs are taken, by the memory that is left: a full Redis refuses all writes, so the rest is
 * kept for the jobs that are there. Between two measurements it counts what it lets in.
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
