/** The names of what is stored of groups, in mr:group:<group>. jobs/lib/group_counts.lua describes groups. */
export const groupNames = {
  /** OPEN, RUNNING, SUCCEEDED, FAILED, CANCELLED or EXPIRED. */
  group_state: "st",
  /** "all", "any", or the least percentage. */
  group_rule: "ru",
  group_total: "n",
  group_succeeded: "ok",
  group_failed: "fa",
  group_cancelled: "ca",
  group_expired: "ex",
  group_removed: "rm",
  group_in_flight: "fl",
  /** 0: no limit. */
  group_max_in_flight: "mx",
  /** The index from which to look for held children; 0: none was held. */
  group_next_held: "nh",
  /** The job that waits for the group: its finalizer, or the job that fanned out. */
  group_waiter: "wt",
  /** "finalizer" or "fan_out": what the waiter is. */
  group_kind: "kd",
  /** "1": children go on when the group is decided. */
  group_keep_siblings: "ks",
  /** Why its children are being cancelled: CANCELLED, EXPIRED, unmet or met. */
  group_cancel: "cw",
  group_cancel_reason: "cr",
  /** The index with which the next look at the children begins. */
  group_cursor: "cu",
  group_created_ms: "cm",
  group_finished_ms: "fm",
  group_deadline_ms: "dl",
  /** What the engine decides nothing by, as it was given. */
  group_details: "v",
  /** "end": the group's end is to be recorded for its callback. */
  group_callback: "cb",
  /** The bytes that the group counts as. */
  group_bytes: "by",
  /** For a fan-out: the hash of its plan. */
  group_plan: "pl",
  /** "1": the finalizer has been stored, or an attempt has waited for the fan-out. */
  group_waited: "wd",
} as const;
