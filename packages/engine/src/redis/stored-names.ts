/**
 * What stands in Redis under which name: every field of every hash and stream entry, and every member of the
 * JSON that is stored. Lua and TypeScript take the names from here: both say `F.first_offset`, and a script
 * has the stored name in its place when it is loaded. Names are short, because most are stored with every job
 * (docs/adr/0015-short-stored-names.md says what long ones would cost). BullMQ's are BullMQ's.
 */
export const F = {
  // A job's hash: BullMQ's fields.
  /** The job's type. */
  type: "name",
  /** JSON. */
  payload: "data",
  /** Attempts, priority and backoff as BullMQ has them, JSON. */
  bull_options: "opts",
  submitted_ms: "timestamp",
  /** How long the job waits for its time, ms. */
  delay_ms: "delay",
  priority: "priority",
  /** When the last attempt started. */
  started_ms: "processedOn",
  /** Who runs it, or ran it last. */
  worker_id: "pb",
  /** How many attempts were started: the fencing token of the newest lease. */
  attempts_started: "ats",
  /** How many attempts count against the job's maximum. */
  attempts_spent: "atm",
  /** How often the job lost its worker. */
  stalls: "stc",
  finished_ms: "finishedOn",
  /** JSON. */
  result: "returnvalue",
  /** Of the last failure. */
  failure_message: "failedReason",

  // A job's hash: Millrace's fields.
  /** What was submitted, but for the payload: JSON of `spec_` members. */
  spec: "spec",
  /** The lane for all types, of a job that needs a pool. */
  lane: "lane",
  latest_start_ms: "exp",
  deadline_ms: "dl",
  /** "window_ms:idempotency key". */
  idempotency: "ik",
  /** The job's own retention, ms. */
  keep_ms: "keep",
  /** "attempts_started STATE" of when the job ended: it holds while attempts_started is the same. */
  ended_by: "fin",
  /** The last failure, JSON. */
  failure: "fail",
  /** "input,output,calls[,compute_ms]" over all attempts. */
  usage: "use",
  estimated_tokens: "est",
  /** How often a provider refused the job. */
  bounces: "bnc",
  /** 1: a suspect, whose next stall would end it. */
  suspect: "sus",
  /** "count episode": in how many episodes it was bounced, and the last of them. */
  bounce_episodes: "bep",
  /** Bytes that the job counts as: what was submitted, and its history. */
  job_bytes: "by",
  /** Bytes of its result or failure. */
  end_bytes: "rb",
  /** Bytes of the output of its present attempt. */
  output_bytes: "ob",
  /** Bytes of the output of its earlier attempts. */
  earlier_output_bytes: "op",
  /** What its attempt reserved of its key's budget: see budgets/lib/budgets.lua. */
  key_reservation: "rsv",
  /** What its attempt reserved of a provider account: see accounts/lib/slices.lua. */
  account_reservation: "acs",
  /** How its attempts failed: a line of JSON each, of `attempt_` members. */
  history: "his",
  /** What it had to wait for: kinds of constraint, by commas. */
  held_by: "held",
  /** Why it is to be cancelled; there once that was asked for. */
  cancel_reason: "cancel",
  /** When it may run again after its last attempt. */
  due_ms: "due",
  /** The offset of the next chunk of its output. */
  next_offset: "oo",
  /** The number of the next chunk within its attempt. */
  next_seq: "oq",
  /** The offset at which its present attempt's output begins. */
  first_offset: "or",
  /** Of a dead letter: when it died, ms. */
  died_ms: "died",

  // Members of a job's spec.
  spec_type: "t",
  spec_priority: "p",
  spec_max_attempts: "a",
  spec_submitted_ms: "s",
  /** initialMs, maxMs, factor, jitter; left out where it is the default. */
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

  // Members of an attempt in a job's history.
  attempt_number: "a",
  attempt_worker_id: "w",
  attempt_started_ms: "s",
  attempt_ended_ms: "e",
  attempt_failure: "f",
  attempt_usage: "u",

  // An entry of a job's output.
  chunk_kind: "k",
  chunk_attempt: "a",
  chunk_stored_ms: "t",
  chunk_body: "b",

  // A shard's meta hash, which is BullMQ's.
  meta_paused: "paused",
  meta_concurrency: "concurrency",
  meta_max_events: "opts.maxLenEvents",

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
  /** And a band: its virtual time, its stride, and its weight. */
  band_virtual_time: "v",
  band_stride: "p",
  band_weight: "w",
  /** And a band or a class, which together are how far a class is ahead of the scores of its ready set. */
  band_lead: "m",
  class_lead: "o",

  // mr:use:<key>, and of the windows mr:account too.
  use_running: "n",
  /** A window is a letter and what follows: its sum, its first and its last bucket, or a bucket's number. */
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

  // mr:stored: a key's bytes; and, after its id, how many of its jobs wait for a time or for others.
  stored_deferred: ":d",

  // mr:families: the last family's number; before a number, a family.
  families_last: "#",

  // Members of a key's budget, which mr:limits and the registry have as JSON: those that scripts read.
  budget_weight: "weight",
  budget_requests_per_minute: "requestsPerMinute",
  budget_tokens_per_minute: "tokensPerMinute",
  budget_tokens_per_day: "tokensPerDay",
  budget_max_running: "maxRunning",
  budget_max_queued: "maxQueued",
  budget_max_priority: "maxPriority",
  budget_max_stored_bytes: "maxStoredBytes",

  // mr:limits and mr:governed: the registry's version that the shard has.
  limits_version: "*",
  governed_version: "*",

  // mr:slice:<pool>.
  /** The grant's number. */
  slice_version: "v",
  slice_until_ms: "u",
  /** The account's second that the grant was charged to. */
  slice_second: "s",
  slice_requests: "q",
  slice_tokens: "t",
  /** The most tokens that a job can reserve, or "". */
  slice_most_tokens: "m",
  /** How many jobs may run. */
  slice_allowed: "a",
  slice_running: "n",
  /** "count second ms": successes that are not yet reported, in which second the newest was charged, and when the last ended. */
  slice_successes: "k",
  /** The probe that the grant is for, or "". */
  slice_probe: "p",
  /** A probe that has ended, or was not used. */
  slice_probe_ended: "b",
  /** And a second: corrections of tokens that are not yet reported. */
  slice_token_correction: "c",
  /** And a second: corrections of requests. */
  slice_request_correction: "e",
  /** What is being reported with this grant, until the next one comes. */
  slice_report: "r",
  /** 1: other shards use the account. */
  slice_shared: "o",
  /** "key last_ms other_ms": who reserved last and when, and when another key had before. */
  slice_last_key: "x",

  // mr:account, with the windows q and t.
  account_generation: "gen",
  /** The registry's version of which its limits are. */
  account_version: "ver",
  account_requests_limit: "lq",
  account_tokens_limit: "lt",
  account_running_limit: "lr",
  /** "", "cool", "half" or "exhausted". */
  account_state: "st",
  account_cool_until_ms: "cu",
  /** Until when a probe is awaited, which names it. */
  account_probe_until_ms: "pb",
  /** "refused" or "failed". */
  account_paused_for: "wy",
  /** When this episode began. */
  account_episode_ms: "es",
  /** When its last pause began. */
  account_paused_ms: "op",
  /** Pauses of this episode. */
  account_pauses: "ep",
  /** Jobs that may run as refusals have taught; "": no bound. */
  account_learned_running: "lim",
  /** Failures since the last success: see accounts/lib/failures.lua. */
  account_failures: "fl",
  /** The sum of what all shards are allowed. */
  account_allowed: "R",
  /** And a shard: its last grant's number, how many jobs it allows, the grant, and when the shard wanted more than it got. */
  account_shard_version: "v:",
  account_shard_allowed: "a:",
  account_shard_grant: "g:",
  account_shard_wanted_ms: "d:",
} as const;

/**
 * What is stored as words in one field, because JSON would cost each lease more than the field is worth: the
 * names of the words, in order. Scripts say `R.key_reservation`, and have the names in its place.
 */
export const R = {
  /**
   * The tokens that the attempt was taken to spend, those reserved of its key's own limits (no more than they can ever
   * give), its lane's virtual time after it, its key's weight, the buckets that were charged ("-": the key had
   * no limits), and its lane.
   */
  key_reservation: ["tokens", "reserved", "finish", "weight", "minute", "day", "lane"],
  /** The account's second that was charged, the tokens, the account's generation, the probe or 0, and the pool. */
  account_reservation: ["second", "reserved", "generation", "probe", "pool"],
} as const;
