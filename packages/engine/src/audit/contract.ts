import type { EndedJob } from "../jobs/contract.ts";
import type { AuditOptions } from "./audit-engine.ts";
import type { Finding } from "./finding.ts";

/**
 * What a repair did to a job. queued, waiting, ended, cancelled: the job was stored, but stood in no state's list. settled: it
 * held a reservation and did not run. unlocked: it had a lock and did not run. leased: its lease had no expiry.
 * listed: its key's list of jobs did not contain it. forgotten: a list named it, but it was not stored.
 */
export type JobRepair =
  | "queued"
  | "waiting"
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

/** Something that an audit found wrong, and that is now right. */
export interface Repair {
  readonly subject: string;
  /** What was done, for people. */
  readonly done: string;
}

export interface Audits {
  /** Searches for invariants that do not hold. On a live system, set `looksAgain`. */
  audit(options?: AuditOptions): Promise<readonly Finding[]>;
  /** Repairs the findings whose right value can be proved. Yields each repair after it is done. */
  repair(findings: readonly Finding[]): AsyncIterable<Repair>;
  /**
   * Checks the next few jobs of each Redis server. It repairs jobs that stand in no state's list, and counts again what their
   * keys store. Schedulers repeat it as a duty, like reap.
   */
  returnStrays(): Promise<readonly RepairedJob[]>;
}
