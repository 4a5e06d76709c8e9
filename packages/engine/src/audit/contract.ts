import type { QueueName } from "@millrace/shared";
import type { EndedJob } from "../jobs/contract.ts";
import type { AuditOptions } from "./audit-engine.ts";
import type { Finding } from "./finding.ts";

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

export interface Audits {
  /** Looks for what must always hold and does not. On a live system give `looksAgain`. */
  audit(options?: AuditOptions): Promise<readonly Finding[]>;
  /** Mends what an audit has found where it is provable what is right; tells of each thing once it is done. */
  repair(findings: readonly Finding[]): AsyncIterable<Repair>;
  /**
   * Looks at the next few of a queue's jobs, mends those that are in no place, and counts again what their keys store: a
   * duty, like reap.
   */
  returnStrays(queue: QueueName): Promise<readonly RepairedJob[]>;
}
