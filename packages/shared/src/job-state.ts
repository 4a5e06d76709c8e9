/** Where a job is in its life. Final states are never left: what is redriven is a new job. */
export type JobState =
  | "QUEUED"
  | "SCHEDULED"
  | "RUNNING"
  | "SUCCEEDED"
  | "FAILED"
  | "CANCELLED"
  | "EXPIRED";

export const jobStates = [
  "QUEUED",
  "SCHEDULED",
  "RUNNING",
  "SUCCEEDED",
  "FAILED",
  "CANCELLED",
  "EXPIRED",
] as const satisfies readonly JobState[];

/** Every transition there is. The state diagram in the documentation is tested against it. */
export const jobTransitions: Readonly<Record<JobState, readonly JobState[]>> = {
  QUEUED: ["RUNNING", "CANCELLED", "EXPIRED"],
  SCHEDULED: ["QUEUED", "CANCELLED", "EXPIRED"],
  RUNNING: ["SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "SCHEDULED", "QUEUED"],
  SUCCEEDED: [],
  FAILED: [],
  CANCELLED: [],
  EXPIRED: [],
};

const finalStates: ReadonlySet<JobState> = new Set(["SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"]);

export const isFinal = (state: JobState): boolean => finalStates.has(state);
