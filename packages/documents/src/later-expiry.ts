import type { Clock } from "@millrace/shared";

/** Of expiries, the latest. None means the retention from now on. */
export type LaterExpiry = (...expiries: readonly (number | undefined)[]) => number | undefined;

export const laterExpiry =
  (clock: Clock, retentionMs = Number.POSITIVE_INFINITY): LaterExpiry =>
  (...expiries) => {
    const end = (expiresAtMs = clock.nowMs() + retentionMs) => expiresAtMs;
    return expiries.reduce((a, b) => (end(a) >= end(b) ? a : b));
  };
