/** What is known of the requests to an endpoint. */
export interface EndpointHealth {
  readonly enabled: boolean;
  /** Since when every request has failed; undefined: the last one succeeded, or there was none. */
  readonly failingSinceMs?: number;
}

/** How a request ended. gone: the receiver says that it wants no more. */
export type RequestEnd = "delivered" | "failed" | "gone";

export type HealthDecision =
  | { readonly kind: "same" }
  /** From now on, or no longer (undefined), every request has failed since then. */
  | { readonly kind: "failing"; readonly sinceMs: number | undefined }
  | { readonly kind: "disable"; readonly reason: "GONE" | "FAILING" };

/** Decides what the end of a request means for its endpoint, which is disabled when it has failed for `failingMs`. */
export function decideHealth(
  { enabled, failingSinceMs }: EndpointHealth,
  end: RequestEnd,
  nowMs: number,
  failingMs: number,
): HealthDecision {
  if (end === "delivered") {
    return failingSinceMs === undefined
      ? { kind: "same" }
      : { kind: "failing", sinceMs: undefined };
  }
  if (end === "gone") return enabled ? { kind: "disable", reason: "GONE" } : { kind: "same" };
  if (failingSinceMs === undefined) return { kind: "failing", sinceMs: nowMs };
  const isOver = nowMs - failingSinceMs >= failingMs;
  return enabled && isOver ? { kind: "disable", reason: "FAILING" } : { kind: "same" };
}
