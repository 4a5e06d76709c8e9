/** Names of what is stored for the traces of jobs only: when a job waited, and what held it. Part of the table in stored-names.ts. */
export const traceNames = {
  // A job's hash.
  /** "ms kind": when its last attempt ended, and how: the kind of its settlement, or "lost". */
  last_end: "le",

  // mr:use:<key>.
  /** When limits of the key held its lanes. budgets/lib/key_holds.lua describes it. */
  use_holds: "h",

  // A shard's meta hash.
  /** "from_ms" of a pause that is in force, or "from_ms to_ms" of the last one. */
  meta_pause: "mr.pause",
} as const;
