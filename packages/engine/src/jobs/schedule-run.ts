import type { ScheduleId } from "@millrace/shared";

/**
 * The run of a schedule whose job is submitted. The script that stores the job also moves the schedule to its next due
 * time, and refuses the job if another call has decided about this due time.
 */
export interface ScheduleRun {
  readonly id: ScheduleId;
  readonly revision: number;
  /** buffered: the run waited for the end of earlier jobs. now: a caller wants it, so the due times stay. */
  readonly kind: "due" | "buffered" | "now";
  /** The due time of the run. */
  readonly dueMs: number;
  /** The due time that the caller has read. With `missed`, due times before `dueMs` are given up. */
  readonly fromMs?: number;
  readonly missed?: number;
  /** The due time after this run; absent: there is none. For a buffered run, the due time that is stored. */
  readonly nextDueMs?: number;
  /** When the run of `nextDueMs` is to be submitted. */
  readonly lookMs?: number;
}
