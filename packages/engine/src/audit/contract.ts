import type { EndedJob } from "../jobs/contract.ts";

/**
 * What was done about a job. queued, ended, cancelled: it was stored, and in no place. settled: it held a
 * reservation and did not run. unlocked: it had a lock and did not run. leased: its lease could not run out.
 * listed: its key did not know of it. forgotten: it was named somewhere, and not stored.
 */
export type JobRepair =
  | "queued"
  | "ended"
  | "cancelled"
  | "settled"
  | "unlocked"
  | "leased"
  | "listed"
  | "forgotten";

export interface RepairedJob extends EndedJob {
  readonly done: readonly JobRepair[];
}

/** Something that an audit has found, and was wrong, and is not any more. */
export interface Repair {
  readonly subject: string;
  /** For people. */
  readonly done: string;
}
