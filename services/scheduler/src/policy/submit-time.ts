/** A gateway waits less for its scheduler: what is older is of a clock that is off. */
const OLDEST_MS = 60_000;

/** When a job was submitted: as its gateway says, unless the gateway's clock is off. */
export const submitTimeMs = (saidMs: number | undefined, nowMs: number): number =>
  saidMs === undefined || saidMs > nowMs || saidMs < nowMs - OLDEST_MS ? nowMs : saidMs;
