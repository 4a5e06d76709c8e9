/** What the account of an endpoint's pool says. */
export interface Circuit {
  readonly state: "CLOSED" | "COOLING_DOWN" | "HALF_OPEN" | "EXHAUSTED";
  readonly running: number;
  readonly lastFailureMs?: number;
  readonly lastRefusal?: { readonly atMs: number };
  /** When the newest cool-down began. A cool-down is at most a minute, and each probe that fails begins another one. */
  readonly lastCoolDownMs?: number;
}

const REMEMBERED_MS = 3_600_000;
const ABANDONED_MS = 24 * 3_600_000;

/**
 * Whether nothing is lost if an endpoint's circuit is forgotten. A closed one is idle if for an hour nothing has failed or was
 * refused, and no cool-down began, which lowers how many requests may run. An open one is idle if its newest cool-down began
 * more than a day ago: since then no probe has failed, so no delivery waits for the endpoint.
 */
export function isIdle(circuit: Circuit, nowMs: number): boolean {
  const { state, running, lastFailureMs = 0, lastRefusal, lastCoolDownMs = 0 } = circuit;
  if (running > 0) return false;
  if (state !== "CLOSED") return nowMs - lastCoolDownMs > ABANDONED_MS;
  return nowMs - Math.max(lastFailureMs, lastRefusal?.atMs ?? 0, lastCoolDownMs) > REMEMBERED_MS;
}
