/** What the account of an endpoint's pool says. */
export interface Circuit {
  readonly state: "CLOSED" | "COOLING_DOWN" | "HALF_OPEN" | "EXHAUSTED";
  readonly running: number;
  readonly lastFailureMs?: number;
  readonly coolUntilMs?: number;
  readonly coolDownSinceMs?: number;
}

const REMEMBERED_MS = 3_600_000;
const ABANDONED_MS = 24 * 3_600_000;

/**
 * Whether nothing is lost if an endpoint's circuit is forgotten: it is closed and nothing has failed lately, or nobody has
 * tried the endpoint since its cool-down ended a day ago.
 */
export function isIdle(circuit: Circuit, nowMs: number): boolean {
  const { state, running, lastFailureMs = 0, coolUntilMs, coolDownSinceMs = 0 } = circuit;
  if (running > 0) return false;
  if (state === "CLOSED") return nowMs - lastFailureMs > REMEMBERED_MS;
  return nowMs - (coolUntilMs ?? coolDownSinceMs) > ABANDONED_MS;
}
