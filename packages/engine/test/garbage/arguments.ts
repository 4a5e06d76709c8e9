import { bullOptions, storedSpec } from "../../src/jobs/job-record.ts";
import { keyOfJob, laneId } from "../../src/redis/keys.ts";
import { type BusyShard, pool } from "./world.ts";

/** The value of an argument in a valid call, or its three values for the items of a batch. */
type Value = string | readonly [string, string, string];
type Values = Readonly<Record<string, Value>>;

export const ITEMS = 3;

/** Arguments that mean the same in every script. Any other argument that is a number is 1,000. */
const usual = ({ time, ids, held }: BusyShard): Values => ({
  now_ms: String(time.nowMs + 1_000),
  max_events: "1000",
  id: ids.running as unknown as Value,
  token: held.map(({ token }) => String(token)) as unknown as Value,
  key: ["aaaa", "bbbb", "cccc"],
  pool,
  worker_id: "w2",
  message: "no longer wanted",
  chunk_count: "1",
  job_count: "1",
  kind: "t",
  body: "text",
  shard: "mr:{documents:0}:documents:",
  type: "summarize",
  top_priority: "1",
  bytes_limit: "1000000",
  origin: "1f",
  said: "429 slow down",
  spend_labels: "team\nstage",
});

const numeric =
  /(^|_)(ms|bytes|tokens|limit|count|requests|second|version|running|succeeded|allowed|most|sample|stalls|bounces|percent|days)$/;

const runOf = (id: string, kind: string, { time }: BusyShard): string => {
  const revision = time.scheduledMs;
  const from_ms = revision + (kind === "due" ? 2 : 1);
  const times = { from_ms, due_ms: from_ms, missed: 1, next_due_ms: revision + 9, look_ms: 5 };
  return JSON.stringify({ run: { id, revision, kind, ...times } });
};

/** A schedule of the shard, with its revision and its due time. */
const scheduleOf = ({ schedules, time }: BusyShard) =>
  [schedules[1] ?? "", String(time.scheduledMs), String(time.scheduledMs + 2)] as const;

/** The calls of each script, with the values that differ from the usual ones. A script that is not listed has one usual call. */
const calls: Readonly<Record<string, (shard: BusyShard) => readonly Values[]>> = {
  append_output: () => [{ first_seq: "1", limit_bytes: "100000" }],
  apply_slice: ({ time, generation }) => [
    {
      generation,
      version: "99",
      until_ms: String(time.nowMs + 900),
      most: "",
      shared: "0",
      probe: "",
    },
  ],
  open_account: ({ generation }) => [{ generation, version: "99", running: "" }],
  cancel_job: ({ ids }) => [ids.running, ids.waiting, ids.scheduled].map(([, id = ""]) => ({ id })),
  remove_job: ({ ids }) => [ids.finished, ids.waiting].map(([, id = ""]) => ({ id })),
  exchange_account: ({ base, time, generation }) => [
    {
      generation,
      ...{ shard: base, version: "1000", want_requests: "5", want_tokens: "5000" },
      ...{ success_ms: String(time.nowMs), probe_ended: "0" },
      ...{ tokens: "-5", requests: "-1", second: String(Math.floor(time.nowMs / 1_000)) },
    },
  ],
  quote_job: ({ time }) =>
    [pool, "", "=large"].map((place) => ({
      ...{ now_ms: String(time.nowMs), key: "aaaa", default_tokens: "1000", priority: "50" },
      ...{ lane: `aaaa|2|${place}`, job_type: "t", est: "", sample: "8" },
    })),
  read_runs: () => [{ most: "16" }],
  explain_job: ({ ids }) => [ids.waiting, ids.scheduled, ids.routed].map(([, id = ""]) => ({ id })),
  lease: () => [
    {
      worker_ids: "w1\nw2",
      all_pools: "1",
      count: "20",
      lease_ms: "30000",
      types: "",
      alone: "0",
      except: "aaaa\nbbbb",
      closed: "other",
      pool,
    },
    {
      worker_ids: "w1",
      all_pools: "0",
      count: "1",
      lease_ms: "30000",
      types: "t\nother",
      alone: "0",
      except: "aaaa\nbbbb",
      closed: "other",
      pool,
    },
    {
      worker_ids: "w1",
      all_pools: "1",
      count: "1",
      lease_ms: "30000",
      types: "",
      alone: "1",
      except: "aaaa\nbbbb",
      closed: "other",
      pool,
    },
  ],
  change_group: ({ groups }) => [
    { id: groups[1] ?? "", change: "close", reason: "" },
    { id: groups[1] ?? "", change: "cancel", reason: "enough" },
  ],
  create_group: ({ groups, time }) => [
    {
      ...{ id: `${groups[1]?.slice(0, -1)}0`, rule: "all", max_in_flight: "2", keep_siblings: "" },
      ...{ waiter: "", deadline_ms: String(time.nowMs + 5_000), created_ms: String(time.nowMs) },
      ...{ details: "{}", callback: "end" },
    },
  ],
  open_fan_out: ({ groups, held, time }) =>
    ["p", "q"].map((plan) => ({
      ...{ job_id: held[1]?.jobId ?? "", token: String(held[1]?.token), ordinal: "1", plan },
      ...{ new_id: `${groups[1]?.slice(0, -1)}0`, rule: "50", max_in_flight: "0" },
      ...{ keep_siblings: "1", deadline_ms: String(time.nowMs + 500_000) },
    })),
  read_children: ({ groups, held }) => [
    {
      ...{ after_index: "0", limit: "10", most_bytes: "100000", id: groups[1] ?? "" },
      ...{ lease_job: "", token: "", ordinal: "0" },
    },
    {
      ...{ after_index: "0", limit: "10", most_bytes: "100000", id: "" },
      ...{ lease_job: held[1]?.jobId ?? "", token: String(held[1]?.token), ordinal: "1" },
    },
  ],
  read_groups: ({ groups }) => [{ id: [...groups] as unknown as Value }],
  delete_schedule: ({ schedules }) => [{ id: schedules[1] ?? "" }],
  read_schedules: ({ schedules }) => [{ id: [...schedules] as unknown as Value }],
  take_schedules: () => [{}],
  put_schedule: (shard) => {
    const [id = "", revision] = scheduleOf(shard);
    const dueMs = String(shard.time.scheduledMs + 2);
    const timed = {
      due_ms: "1000",
      from_due_ms: dueMs,
      timed_from_ms: "1000",
      details: "{}",
      note: "",
    };
    return [
      {
        ...timed,
        id: `${id}2`,
        revision: "0",
        from_due_ms: "",
        most: "5",
        overlap: "skip",
        paused: "",
      },
      { ...timed, id, revision, overlap: "buffer", paused: "" },
      { ...timed, id, revision, overlap: "allow", paused: "1", due_ms: "" },
    ];
  },
  note_run: (shard) => {
    const [id = "", revision, dueMs] = scheduleOf(shard);
    return [{ id, revision, due_ms: dueMs, missed: "2", next_due_ms: "1000", failure: "{}" }];
  },
  check_lease: ({ held }) => [{ job_id: held[1]?.jobId ?? "", token: String(held[1]?.token) }],
  save_checkpoint: ({ held }) => [
    { job_id: held[1]?.jobId ?? "", token: String(held[1]?.token), checkpoint: "{}" },
  ],
  withdraw_group: ({ groups }) => [{ id: groups[1] ?? "" }],
  tend_groups: ({ time }) => [
    { now_ms: String(time.nowMs + 70_000), keep_ms: "1000", limit: "10" },
    { now_ms: String(time.nowMs + 850_000), keep_ms: "1000", limit: "10" },
  ],
  pause_queue: () => [{ paused: "1" }, { paused: "0" }],
  promote_jobs: ({ time }) => [{ now_ms: String(time.nowMs + 20_000) }],
  prune_jobs: ({ time }) => [{ now_ms: String(time.nowMs + 90_000), keep_count: "1" }],
  read_dead_letters: ({ time, ids }) =>
    ["full", "summary"].map((view) => ({
      ...{ view, before_ms: String(time.nowMs + 5_000), before_id: "", since_ms: "0" },
      id: ids.dead as unknown as Value,
    })),
  read_finished: ({ ids }) => [{ id: ids.finished as unknown as Value }],
  read_jobs: () => ["full", "noPayload", "summary"].map((view) => ({ view })),
  read_output: ({ ids }) => [
    { id: ids.running[1] ?? "", from_offset: "0", max_chunks: "10", max_bytes: "1000" },
  ],
  reap_leases: ({ time }) => [
    { now_ms: String(time.nowMs + 40_000), max_stalls: "5" },
    { now_ms: String(time.nowMs + 40_000), max_stalls: "0" },
    { now_ms: String(time.nowMs + 950_000), max_stalls: "5" },
  ],
  redrive: (shard) => {
    const jobs = shard.ids.dead.map((id) => shard.newJob(keyOfJob(id), { pool }));
    const ofJobs = (value: (job: (typeof jobs)[number]) => string) =>
      jobs.map(value) as unknown as Value;
    return [
      {
        id: shard.ids.dead as unknown as Value,
        new_id: ofJobs((job) => job.id),
        lane: ofJobs((job) => laneId(keyOfJob(job.id), job.priority, pool)),
        opts: ofJobs(bullOptions),
        spec: ofJobs(storedSpec),
        ...{
          priority: "50",
          est: "500",
          callback: "end",
          finalizes: [...shard.groups] as unknown as Value,
        },
      },
    ];
  },
  remove_dead_letters: ({ ids, time }) => [
    { id: ids.dead as unknown as Value, before_ms: String(time.nowMs) },
  ],
  repair_counts: () => [
    { kind: ["key", "key", "key"], name: ["aaaa", "bbbb", "cccc"] },
    { kind: ["pool", "depth", "lane"], name: [pool, "*", "dddd|1|"] },
    { kind: ["lane", "lane", "class"], name: [`aaaa|2|${pool}`, "bbbb|1|", "2|"] },
    { kind: "stored", name: ["aaaa", "bbbb", "cccc:d"] },
  ],
  report_provider: ({ time }) => [
    { job_id: "j", kind: "refused", most_failures: "5", sure: "0" },
    { job_id: "j", kind: "exhausted", most_failures: "5", sure: "0" },
    { job_id: "j", kind: "failed", most_failures: "1", sure: "1", started_ms: String(time.nowMs) },
    { job_id: "j", kind: "answered", most_failures: "5", sure: "0" },
  ],
  read_outbox: () => [
    { holder: "s1", hold_ms: "2000", list: "", after: "", count: "10" },
    { holder: "s2", hold_ms: "2000", list: "aaaa", after: "0-1", count: "10" },
  ],
  set_subscribers: () => [
    { version: "99", all: "1", types: "job.failed +result" },
    { version: "99", all: "1", types: "" },
  ],
  take_out: ({ outbox }) => [
    { id: [...outbox] as unknown as Value, list: "", key: "aaaa", bytes: "300", to: "" },
    { id: [...outbox] as unknown as Value, list: "", key: "aaaa", bytes: "300", to: "aaaa" },
  ],
  scan_keys: () => [{ cursor: "0", pattern: "*", count: "10" }],
  set_governed: ({ generation }) => [
    { version: "99", all: "1", generation },
    { version: "99", all: "0", generation },
  ],
  set_models: () => [
    {
      version: "99",
      all: "1",
      model: ["gpt-5", "other", "gone"],
      routes: `${pool} 1000000,2,3 gpt 5`,
    },
    { version: "99", all: "1", model: ["gpt-5", "other", "gone"], routes: "" },
  ],
  report_portions: () => [
    { key: ["aaaa", "bbbb", "dddd"], keep: "-", after: "0" },
    { key: ["aaaa", "bbbb", "none"], keep: "1,100,-,0", after: "99999999999999" },
  ],
  apply_portions: ({ portionVersions }) => [
    {
      key: ["aaaa", "bbbb", "dddd"],
      ...{ version: portionVersions, amounts: "5,1000,5000,3", wait_ms: "0", more: "1" },
    },
    { key: ["aaaa", "bbbb", "none"], version: "1", amounts: "-", wait_ms: "50", more: "0" },
  ],
  exchange_portion: ({ base }) => {
    const report = {
      ...{ shard: base, version: "99999999999999", limits_version: "99" },
      ...{ limits: "5,1000,5000,3", used: "1,10,10,1", portion: "2,50,100,1" },
    };
    return [
      { ...report, needs: "1,500,500,1" },
      { ...report, needs: "-" },
      { ...report, shard: "other", used: "0,0,0,0", portion: "0,0,0,0", needs: "9,9,9,9" },
    ];
  },
  set_limits: () => [
    {
      version: "99",
      from: "0",
      band_weights: "16,4,1",
      limits:
        '{"weight":1,"tokensPerMinute":5000,"maxRunning":3,"maxQueued":10,"maxPriority":1,"maxStoredBytes":1000000}',
    },
    { version: "99", from: "0", band_weights: "", limits: "" },
  ],
  settle: () => {
    const failure = '{"reason":"BAD","message":"it broke","retryable":true}';
    const none = { state: "", delay_ms: "", episode: "", account_failed: "", report: "1" };
    const texts = {
      ...none,
      body: failure,
      message: "it broke",
      noted: failure,
      usage: '{"i":5,"o":5,"c":1}',
    };
    return [
      {
        ...none,
        kind: "complete",
        body: "1",
        message: "",
        noted: "",
        usage: '{"i":5,"o":5,"c":1}',
      },
      { ...none, kind: "release", body: "", message: "", noted: "", usage: "" },
      { ...none, kind: "wait", body: "1", message: "", noted: "", usage: "" },
      { ...texts, kind: "fail", state: "FAILED" },
      { ...texts, kind: "retry", delay_ms: "0" },
      { ...texts, kind: "retry", delay_ms: "5000", account_failed: "1" },
      { ...texts, kind: "bounce", delay_ms: "0" },
      { ...texts, kind: "bounce", delay_ms: "0", episode: "e1" },
      { ...texts, kind: "bounce", delay_ms: "10", max_bounces: "0" },
    ];
  },
  submit: (shard) => {
    const jobs = ["aaaa", "bbbb", "cccc"].map((key) => shard.newJob(key, { pool }));
    const ofJobs = (value: (job: (typeof jobs)[number]) => string) =>
      jobs.map(value) as unknown as Value;
    const usualJob = {
      id: ofJobs((job) => job.id),
      lane: ofJobs((job) => laneId(keyOfJob(job.id), job.priority, pool)),
      opts: ofJobs(bullOptions),
      spec: ofJobs(storedSpec),
      payload: "{}",
      submitted_ms: String(shard.time.nowMs),
      priority: "50",
      more: "",
    };
    const more = (text: object): Value => {
      const json = JSON.stringify({
        ...{ expires_at_ms: shard.time.nowMs + 70_000, keep_ms: 5_000, est: 5, ...text },
      });
      return [json, json, json];
    };
    const dedup = (mode: string) => more({ dedup: { key: "d", mode, ms: 5_000 } });
    return [
      usualJob,
      { ...usualJob, more: more({ run_at_ms: shard.time.nowMs + 5_000 }) },
      { ...usualJob, more: more({ idempotency: "1000:i41", content_hash: "h", callback: "end" }) },
      { ...usualJob, more: dedup("debounce") },
      { ...usualJob, more: dedup("throttle") },
      {
        ...usualJob,
        more: shard.groups.map((group) => JSON.stringify({ group })) as unknown as Value,
      },
      {
        ...usualJob,
        more: shard.groups.map((finalizes) => JSON.stringify({ finalizes })) as unknown as Value,
      },
      ...(["due", "buffered", "now"] as const).map((kind) => ({
        ...usualJob,
        more: shard.schedules.map((id) => runOf(id, kind, shard)) as unknown as Value,
      })),
    ];
  },
};

export interface ScriptArguments {
  readonly argv: readonly string[];
  readonly perItem?: readonly string[];
  readonly perSubItem?: readonly string[];
}

export interface Argument {
  readonly name: string;
  readonly value: string;
  /** The item of a batch that the argument belongs to. */
  readonly item?: number;
}

/** The valid calls of a script, with the argument names of its binding. */
export function callsOf(
  name: string,
  { argv, perItem = [], perSubItem = [] }: ScriptArguments,
  shard: BusyShard,
): readonly (readonly Argument[])[] {
  return (calls[name]?.(shard) ?? [{}]).map((own) => {
    const values: Values = { ...usual(shard), ...own };
    const argumentValue = (argument: string, item: number): string => {
      const value = values[argument] ?? (numeric.test(argument) ? "1000" : undefined);
      if (value === undefined)
        throw new Error(`say in this file what a right call of ${name} has for ${argument}`);
      return typeof value === "string" ? value : (value[item] ?? "");
    };
    const fixed = argv.map((argument) => ({ name: argument, value: argumentValue(argument, 0) }));
    if (perItem.length === 0) return fixed;
    const items = Array.from({ length: ITEMS }, (_, item) =>
      [...perItem, ...perSubItem].map((argument) => ({
        ...{ name: argument, value: argumentValue(argument, item), item },
      })),
    );
    return [...fixed, ...items.flat()];
  });
}
