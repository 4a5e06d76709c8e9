import { accountNames } from "./stored-account-names.ts";
import { groupNames } from "./stored-group-names.ts";
import { modelNames } from "./stored-model-names.ts";
import { outboxNames } from "./stored-outbox-names.ts";
import { scheduleNames } from "./stored-schedule-names.ts";
import { traceNames } from "./stored-trace-names.ts";

/**
 * The names of everything that is stored in Redis: every field of every hash and stream entry, and every member of
 * stored JSON. Lua and TypeScript both take the names from this table: both write `F.first_offset`. When a script is
 * loaded, the stored name replaces it. Names are short, because most are stored with every job
 * (docs/adr/0015-short-stored-names.md has the cost of long names). BullMQ chose the names of its own fields.
 */
export const F = {
  // A job's hash: BullMQ's fields.
  /** The job's type. */
  type: "name",
  /** The payload, JSON. */
  payload: "data",
  /** Attempts, priority and backoff in BullMQ's form, JSON. */
  bull_options: "opts",
  submitted_ms: "timestamp",
  /** The wait before the job's start time, ms. */
  delay_ms: "delay",
  priority: "priority",
  /** When the last attempt started. */
  started_ms: "processedOn",
  /** The worker that runs the job, or ran it last. */
  worker_id: "pb",
  /** How many attempts were started. It is the fencing token of the newest lease. */
  attempts_started: "ats",
  /** How many attempts count against the job's maximum. */
  attempts_spent: "atm",
  /** How often the job lost its worker. */
  stalls: "stc",
  finished_ms: "finishedOn",
  /** The result, JSON. */
  result: "returnvalue",
  /** The message of the last failure. */
  failure_message: "failedReason",

  // A job's hash: Millrace's fields.
  /** The submitted job without its payload: JSON of `spec_` members. */
  spec: "spec",
  /** For a job that needs a pool: its lane for all types. */
  lane: "lane",
  latest_start_ms: "exp",
  deadline_ms: "dl",
  /** "window_ms:idempotency key". */
  idempotency: "ik",
  /** The job's own retention, ms. */
  keep_ms: "keep",
  /** "attempts_started STATE", written when the job ended. It is valid while attempts_started has not changed. */
  ended_by: "fin",
  /** The last failure, JSON. */
  failure: "fail",
  /** What all attempts spent: JSON of `usage_` members. */
  usage: "use",
  estimated_tokens: "est",
  /** How often a provider refused the job. */
  bounces: "bnc",
  /** "1" marks a suspect, whose next stall would end it. */
  suspect: "sus",
  /** "count episode": in how many episodes the job was bounced, and the last of them. */
  bounce_episodes: "bep",
  /** The bytes that the job counts as: what was submitted, and its history. */
  job_bytes: "by",
  /** Bytes of its result or failure. */
  end_bytes: "rb",
  /** Bytes of the output of its present attempt. */
  output_bytes: "ob",
  /** Bytes of the output of earlier attempts. */
  earlier_output_bytes: "op",
  /** What the attempt reserved of its key's budget. budgets/lib/budgets.lua describes it. */
  key_reservation: "rsv",
  /** What the attempt reserved of a provider account. accounts/lib/slices.lua describes it. */
  account_reservation: "acs",
  /** How its attempts failed: one line of JSON for each attempt, of `attempt_` members. */
  history: "his",
  /** The kinds of constraint that the job had to wait for, separated by commas. */
  held_by: "held",
  /** The reason for a requested cancellation. Absent until one is requested. */
  cancel_reason: "cancel",
  /** When the job may run again after its last attempt. */
  due_ms: "due",
  /** The offset of the next chunk of its output. */
  next_offset: "oo",
  /** The sequence of the next chunk within its attempt. */
  next_seq: "oq",
  /** The offset at which the output of the present attempt begins. */
  first_offset: "or",
  /** For a dead letter: when it died, ms. */
  died_ms: "died",
  /** "index group": the job's place in the group in which it is a child. */
  group: "grp",
  /** The groups for whose children the job waits or has waited, in order, separated by spaces. */
  child_groups: "chg",
  /** What an attempt saved for the next ones, JSON. */
  checkpoint: "ckp",
  /** "end" or "result": the job's end is to be recorded for its callback, with its result if that is short. */
  callback: "cb",

  // Members of a job's spec.
  spec_type: "t",
  spec_priority: "p",
  spec_max_attempts: "a",
  spec_submitted_ms: "s",
  /** The members of the backoff that are not the defaults, by their own names. */
  spec_backoff: "b",
  spec_run_at_ms: "r",
  spec_expires_at_ms: "x",
  spec_deadline_ms: "l",
  spec_idempotency_key: "i",
  spec_idempotency_window_ms: "w",
  spec_content_hash: "h",
  spec_pool: "o",
  spec_estimated_tokens: "e",
  /** What the engine decides nothing by, as it was given. */
  spec_details: "v",
  /** Written by earlier versions, as spec_tracestate: part of the details now. */
  spec_documents: "d",
  spec_labels: "m",
  spec_traceparent: "tp",
  spec_tracestate: "ts",
  spec_retention_ms: "k",
  /** Key, mode, window in ms. */
  spec_deduplication: "dd",
  spec_redriven_from: "rd",
  /** The group that the job finalizes. */
  spec_finalizes: "fz",
  /** As the field callback. */
  spec_callback: "c",

  // Members of an attempt in a job's history.
  attempt_number: "a",
  attempt_worker_id: "w",
  attempt_started_ms: "s",
  attempt_ended_ms: "e",
  attempt_failure: "f",
  attempt_usage: "u",

  // Members of a usage.
  usage_input_tokens: "i",
  usage_output_tokens: "o",
  usage_provider_calls: "c",
  /** CPU time of the worker. */
  usage_compute_ms: "m",
  usage_cached_input_tokens: "h",
  usage_reasoning_tokens: "r",
  /** The model that was called last, a text. */
  usage_model: "d",
  /** What the attempts cost whose price was known, micro-dollars. Set by the script that settles. */
  usage_cost: "k",
  /** How many attempts of the job's model had no known price. */
  usage_unpriced: "n",

  // An entry of a job's output.
  chunk_kind: "k",
  chunk_attempt: "a",
  chunk_stored_ms: "t",
  chunk_body: "b",

  // A shard's meta hash, which is BullMQ's.
  meta_paused: "paused",
  meta_concurrency: "concurrency",
  meta_max_events: "opts.maxLenEvents",

  ...accountNames,
  ...groupNames,
  ...scheduleNames,
  ...outboxNames,
  ...traceNames,
  ...modelNames,

  // mr:depth.
  depth_all: "*",
  depth_without_priority: "0",

  // mr:sorting.
  sorting_todo: "todo",
  sorting_cursor: "cursor",
  sorting_lane: "lane",
  sorting_from: "from",
  sorting_ended: "ended",

  // mr:bands.
  /** A field is one of these and a band: the band's virtual time, its stride, and its weight. */
  band_virtual_time: "v",
  band_stride: "p",
  band_weight: "w",
  /** A field is one of these and a band or a class. A class's scores are behind its virtual times by the sum of both. */
  band_lead: "m",
  class_lead: "o",

  // mr:use:<key>, and for the windows also mr:account.
  use_running: "n",
  /** What the shard may use of the key's limits: portion in stored-records.ts. */
  use_portion: "po",
  /** This and a pool: the number of the key's jobs that run in the pool. Only under a limit of that number. */
  use_pool: "p:",
  /** A window's fields are its letter and a suffix: its sum, its first and last bucket, or the number of a bucket. */
  requests_window: "q",
  tokens_window: "t",
  day_window: "d",
  window_sum: "s",
  window_first: "f",
  window_last: "l",
  requests_sum: "qs",
  requests_first: "qf",
  requests_last: "ql",
  tokens_sum: "ts",
  tokens_first: "tf",
  tokens_last: "tl",
  day_sum: "ds",
  day_first: "df",
  day_last: "dl",

  // mr:home, in a key's own slot: "version limits", and for each shard, by the beginning of its keys, what it holds of them:
  // holding in stored-records.ts.
  home_limits: "limits",

  // mr:stored: a key's bytes; and, after the key's id, how many of its jobs wait for a time or for other jobs.
  stored_deferred: ":d",

  // mr:families: the number of the newest family; and this sign before a number, for each family.
  families_last: "#",

  // Members of a key's budget in JSON, in mr:budgets and in the registry: the members that scripts read.
  budget_weight: "weight",
  budget_requests_per_minute: "requestsPerMinute",
  budget_tokens_per_minute: "tokensPerMinute",
  budget_tokens_per_day: "tokensPerDay",
  budget_max_running: "maxRunning",
  budget_max_queued: "maxQueued",
  budget_max_priority: "maxPriority",
  budget_max_stored_bytes: "maxStoredBytes",
  budget_max_running_per_pool: "maxRunningPerPool",

  // mr:budgets and mr:governed: the version of the registry that the shard has copied.
  budgets_version: "*",
  /** The budget of keys that have none. */
  budgets_default: "*default",
  governed_version: "*",
  subscribers_version: "#",
} as const;
