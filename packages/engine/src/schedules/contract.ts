import type { JobId, KeyId, QueueName, ScheduleId } from "@millrace/shared";
import type { Failure, JobSettings } from "../jobs/contract.ts";

/** What happens at a due time while a job of an earlier run has not ended. */
export type OverlapPolicy = "skip" | "buffer" | "allow";

/** Everything about a schedule that callers choose. The engine knows no calendar: the caller computes the due times. */
export interface ScheduleChange {
  readonly id: ScheduleId;
  /** That of the schedule that the caller has read. Absent: the schedule is new. */
  readonly revision?: number;
  /** The due time of the schedule that the caller has read. Without it, a change could bring back one that was decided. */
  readonly fromDueMs?: number;
  /** The most schedules that the key may have in the queue. */
  readonly most: number;
  readonly overlap: OverlapPolicy;
  /** The next due time. Absent: the schedule is never due, for example because it is paused. */
  readonly dueMs?: number;
  /** When that run is to be submitted: the due time and its jitter. */
  readonly lookMs?: number;
  /** From when an interval counts. */
  readonly timedFromMs: number;
  /** What the engine decides nothing by. It is returned as it was given. */
  readonly details: string;
  readonly paused: boolean;
  /** Why it is paused. */
  readonly note: string;
}

export interface ScheduleRecord
  extends Omit<ScheduleChange, "most" | "revision" | "fromDueMs" | "lookMs"> {
  /** Rises with each change by a caller. Runs do not change it. */
  readonly revision: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** The due time of the run that waits for the end of earlier jobs. */
  readonly bufferedMs?: number;
  /** The jobs of its runs that have not ended, in order; of more than ten, the newest. */
  readonly unfinished: readonly JobId[];
  /** The due time of the last run; a run that a caller wanted has none. */
  readonly lastDueMs?: number;
  readonly lastJobId?: JobId;
  /** How many jobs it has submitted. */
  readonly made: number;
  readonly skipped: number;
  readonly missed: number;
  /** Why its last run could not be submitted. */
  readonly failure?: Failure;
}

export type PutScheduleOutcome =
  | { readonly kind: "done"; readonly schedule: ScheduleRecord }
  /** The schedule exists, or has been changed or was due since it was read. `schedule` is what is stored. */
  | { readonly kind: "changed"; readonly schedule: ScheduleRecord }
  | { readonly kind: "notFound" }
  /** The key has `limit` schedules in the queue, the most that it may have. */
  | { readonly kind: "full"; readonly limit: number }
  | {
      readonly kind: "storedBytesFull";
      readonly stored: number;
      readonly bytes: number;
      readonly limit: number;
    };

/** A due run that was not submitted. */
export interface RunNote {
  readonly id: ScheduleId;
  readonly revision: number;
  /** The due time that the caller has read. */
  readonly dueMs: number | undefined;
  /** How many due times are given up. */
  readonly missed: number;
  /** The due time from now on. */
  readonly nextDueMs: number | undefined;
  /** When a scheduler looks at it next. */
  readonly lookMs: number;
  /** Why it was not submitted. Absent: what is stored stays. */
  readonly failure?: Failure;
}

export interface DueSchedules {
  readonly schedules: readonly ScheduleRecord[];
  /** When the next schedule is to be looked at. */
  readonly nextLookMs?: number;
}

export interface ScheduleFilter {
  readonly keyId: KeyId;
  readonly queue: QueueName;
  readonly pageSize: number;
  readonly pageToken?: string;
}

export interface SchedulePage {
  readonly schedules: readonly ScheduleRecord[];
  readonly nextPageToken?: string;
}

/** The settings of a queue that schedules depend on. */
export type ScheduleSettings = JobSettings;

export interface Schedules {
  /** Stores a new schedule, or changes one that has not been changed and was not due since it was read. */
  putSchedule(change: ScheduleChange): Promise<PutScheduleOutcome>;
  /** Returns false if there is no such schedule. The jobs of its runs stay. */
  deleteSchedule(id: ScheduleId): Promise<boolean>;
  getSchedules(ids: readonly ScheduleId[]): Promise<readonly (ScheduleRecord | undefined)[]>;
  /** One key's schedules in one queue, by name. */
  listSchedules(filter: ScheduleFilter): Promise<SchedulePage>;
  /**
   * Returns up to `limit` schedules of each shard, and about a MiB of them, that are to be looked at. Other calls do not return them for `claimMs`.
   * The caller then submits the run (JobSpec.run) or notes that there is none.
   */
  takeSchedules(queue: QueueName, limit: number, claimMs: number): Promise<DueSchedules>;
  /** Returns false if the schedule is gone, has been changed, or has another due time. */
  noteRun(note: RunNote): Promise<boolean>;
}
