/** The names of stored hash fields. Lua files write `F.<name>`, and load-script.ts puts the text in. */
export const F: Readonly<Record<string, string>> = {
  // Of a job: BullMQ's, and ours.
  name: "name",
  data: "data",
  options: "opts",
  timestamp_ms: "timestamp",
  delay_ms: "delay",
  priority: "priority",
  group: "fg",
  cost: "fc",
  // Of BullMQ's `meta`.
  meta_paused: "paused",
  meta_concurrency: "concurrency",
  meta_max_events: "opts.maxLenEvents",
  // Of `fair:meta`: which parts the queue uses.
  limits: "limits",
  rates: "rates",
  counts: "counts",
  costs: "costs",
  classes: "classes",
  // Of `fair:settings`: the settings of all groups. Those of one group are under "=" and its name.
  defaults: "*",
};
