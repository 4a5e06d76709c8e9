/** Where a job is in its life. No job leaves a final state: a redrive makes a new job. */
export type JobState =
  | "QUEUED"
  | "SCHEDULED"
  | "RUNNING"
  /** Waits for the children of a group. */
  | "WAITING"
  | "SUCCEEDED"
  | "FAILED"
  | "CANCELLED"
  | "EXPIRED";

export const jobStates = [
  "QUEUED",
  "SCHEDULED",
  "RUNNING",
  "WAITING",
  "SUCCEEDED",
  "FAILED",
  "CANCELLED",
  "EXPIRED",
] as const;

/** All transitions. The state diagram in the documentation is tested against this table. */
export const jobTransitions: Readonly<Record<JobState, readonly JobState[]>> = {
  QUEUED: ["RUNNING", "CANCELLED", "EXPIRED"],
  SCHEDULED: ["QUEUED", "CANCELLED", "EXPIRED"],
  RUNNING: ["SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "SCHEDULED", "QUEUED", "WAITING"],
  WAITING: ["QUEUED", "FAILED", "CANCELLED", "EXPIRED"],
  SUCCEEDED: [],
  FAILED: [],
  CANCELLED: [],
  EXPIRED: [],
};

const finalStates: ReadonlySet<JobState> = new Set(["SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"]);

export const isFinal = (state: JobState): boolean => finalStates.has(state);
