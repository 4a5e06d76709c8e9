/** The stored names of a schedule's fields, in the hash mr:schedule:<id>. jobs/lib/schedules.lua describes them. */
export const scheduleNames = {
  /** Rises with each change by a caller. */
  schedule_revision: "rv",
  /** "skip", "buffer" or "allow". */
  schedule_overlap: "ov",
  /** The next due time; "": none. */
  schedule_due_ms: "du",
  /** The due time of the run that waits for the end of earlier jobs; "": none. */
  schedule_buffered_ms: "bf",
  /** ULIDs of its newest jobs that had not ended at the last look, separated by spaces. */
  schedule_jobs: "jo",
  /** From when an interval counts. */
  schedule_timed_from_ms: "tf",
  /** What the engine decides nothing by, as it was given. */
  schedule_details: "v",
  /** "1" or "". */
  schedule_paused: "pa",
  /** Why it is paused. */
  schedule_note: "nt",
  schedule_created_ms: "cm",
  schedule_updated_ms: "um",
  schedule_last_due_ms: "ld",
  /** The ULID of the job of its last run. */
  schedule_last_job: "lj",
  /** How many jobs it has submitted. */
  schedule_made: "n",
  schedule_skipped: "sk",
  schedule_missed: "ms",
  /** Why its last run could not be submitted, JSON; "": it could. */
  schedule_failure: "fa",
  /** The bytes that the schedule counts as. */
  schedule_bytes: "by",
} as const;
