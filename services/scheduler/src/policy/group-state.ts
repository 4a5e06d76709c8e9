/** Where a group is in its life, by the engine's names. */
type GroupState = "OPEN" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELLED" | "EXPIRED";

/** Whether a group no longer changes its state. Children that go on may still change its progress. */
export const hasFinished = (state: GroupState): boolean => state !== "OPEN" && state !== "RUNNING";
