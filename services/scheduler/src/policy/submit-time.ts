/** A gateway waits less than this for its scheduler: an older time shows that the gateway's clock is wrong. */
const OLDEST_MS = 60_000;

/** Returns a job's submit time: the gateway's time, or the scheduler's if the gateway's clock is wrong. */
export const submitTimeMs = (gatewayMs: number | undefined, nowMs: number): number =>
  gatewayMs === undefined || gatewayMs > nowMs || gatewayMs < nowMs - OLDEST_MS ? nowMs : gatewayMs;
