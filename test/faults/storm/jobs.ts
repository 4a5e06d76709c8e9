/** The jobs of a storm, drawn from its seed, and the ends that each may have. */
import type { Job, NewJob } from "@millrace/client";
import type { Random } from "@millrace/shared";
import { seededRandom } from "@millrace/testing";
import { FAN_OUT_TYPE, type FanOutWork, fanOutWork, pick, wrongFanOut } from "./fan-outs.ts";
import { MODEL_NAMES, REJECTED, wrongRoute } from "./models.ts";
import { piece, type Work } from "./work.ts";

/** Storm workers serve STORM_QUEUE. The workers that Millrace ships serve DOCUMENTS_QUEUE. */
export const STORM_QUEUE = "storm";
export const DOCUMENTS_QUEUE = "documents";
export const POOL = "storm/model";
export const stormAccount = { name: POOL, maxRunning: 8 };

export interface StormJob {
  readonly n: number;
  readonly job: NewJob;
  /** The key of the job: one without limits, or one with a small budget. */
  readonly key: "free" | "limited";
  readonly watched: boolean;
  /** How long the reader takes for each event. */
  readonly readMs: number;
  /** When the job is cancelled, in milliseconds after its submission. */
  readonly cancelMs?: number;
  /** The time of `cancelMs` begins when this resolves. */
  readonly cancelAfter?: Promise<void>;
  /** Whether the job is submitted once more after its end. */
  readonly again: boolean;
}

/** The types of the storm's jobs. Each storm worker has executors for some of them. */
export const WORK_TYPES: readonly string[] = ["work", "work.rare", "work.new"];

/** A lost worker spends an attempt too, so there are many. */
export const retry = { maxAttempts: 25, initialBackoffMs: 20, maxBackoffMs: 500 };

const kindOf = (drawn: number) => {
  if (drawn < 0.05) return "flaky";
  if (drawn < 0.08) return "fatal";
  if (drawn < 0.11) return "cancelled";
  if (drawn < 0.14) return "delayed";
  if (drawn < 0.17) return "slow";
  if (drawn < 0.24) return "pooled";
  if (drawn < 0.26) return "chat";
  if (drawn < 0.275) return "dividing";
  if (drawn < 0.36) return "routed";
  return "plain";
};

export function stormJob(seed: number, n: number, document: string, nowMs: number): StormJob {
  const random = seededRandom(seed ^ Math.imul(n + 1, 0x9e3779b1));
  const kind = kindOf(random.next());
  const key: StormJob["key"] = random.next() < 0.2 ? "limited" : "free";
  const shape = {
    ...{ n, key, watched: random.next() < 0.15, again: random.next() < 0.04 },
    readMs: random.next() < 0.1 ? 50 : 0,
  } as const;
  const idempotencyKey = `job-${seed}-${n}`;
  if (kind === "chat") {
    // The document belongs to the key "free".
    return { ...shape, key: "free", job: { ...shipped(random, document), idempotencyKey } };
  }
  if (kind === "dividing") {
    const cancelled = random.next() < 0.15 ? { cancelMs: random.next() * 1_000 } : {};
    const job = { queue: STORM_QUEUE, type: FAN_OUT_TYPE, payload: fanOutWork(random, n), retry };
    return { ...shape, ...cancelled, job: { ...job, idempotencyKey } };
  }
  const work: Work = {
    n,
    pieces: 1 + Math.floor(random.next() * 6),
    pauseMs: kind === "slow" ? 200 : Math.floor(random.next() * 5),
    failures: kind === "flaky" ? 1 + Math.floor(random.next() * 2) : 0,
    fatal: kind === "fatal",
  };
  const job: NewJob = {
    ...{ queue: STORM_QUEUE, payload: work, idempotencyKey },
    type: WORK_TYPES[Math.floor(random.next() * WORK_TYPES.length)] ?? "work",
    priority: 1 + Math.floor(random.next() * 100),
    estimatedTokens: 100,
    retry,
    ...(kind === "pooled" ? { pool: POOL } : {}),
    ...(kind === "routed" ? { model: pick(random, MODEL_NAMES) } : {}),
    ...(kind === "delayed" ? { runAt: new Date(nowMs + random.next() * 2_000) } : {}),
  };
  return kind === "cancelled"
    ? { ...shape, job, cancelMs: random.next() * 100 }
    : { ...shape, job };
}

/** A minimal job with the most urgent priority. */
export function probeJob(seed: number, n: number): StormJob {
  const payload: Work = { n, pieces: 1, pauseMs: 0, failures: 0, fatal: false };
  const job: NewJob = {
    ...{ queue: STORM_QUEUE, type: "work", payload, priority: 1, retry },
    idempotencyKey: `job-${seed}-${n}`,
  };
  return { n, job, key: "free", watched: false, readMs: 0, again: false };
}

/** A minimal job of a model. */
export function routedJob(seed: number, n: number, model: string | undefined): StormJob {
  const { job, ...rest } = probeJob(seed, n);
  return { ...rest, job: { ...job, ...(model === undefined ? {} : { model }) } };
}

/** A job of a model that runs until it is cancelled, when `over` resolves. */
export function longJob(seed: number, n: number, over: Promise<void>): StormJob {
  const { job, ...rest } = routedJob(seed, n, n % 2 === 0 ? "swift" : "broad");
  const payload: Work = { n, pieces: 3_000, pauseMs: 500, failures: 0, fatal: false };
  return { ...rest, cancelMs: 0, cancelAfter: over, job: { ...job, payload, priority: 50 } };
}

/** A job for a worker that Millrace ships: mostly a chat, sometimes a summary of a document. */
function shipped(random: Random, document: string): NewJob {
  const common = { queue: DOCUMENTS_QUEUE, retry, estimatedTokens: 100 };
  if (random.next() < 0.2) {
    const payload = { partTokens: 256, maxTokens: 64 };
    return { ...common, type: "summarize", documentIds: [document], payload };
  }
  const messages = [{ role: "user", content: "Call me Ishmael. The sea was calm." }];
  return { ...common, type: "chat", payload: { messages } };
}

/**
 * Returns what is wrong with the end of a job, or undefined. `modelWasAway`: the catalogue was without the job's model at
 * some time since the job was submitted.
 */
export function wrongEnd(
  {
    job,
    cancelMs,
  }: Pick<StormJob, "cancelMs"> & { readonly job: Pick<NewJob, "payload" | "pool" | "model"> },
  end: Job,
  modelWasAway = false,
): string | undefined {
  const { state, failure, attempt, stalls } = end;
  const work = WORK_TYPES.includes(end.type) ? (job.payload as Work) : undefined;
  if (state === "CANCELLED") {
    return cancelMs === undefined ? "the job is CANCELLED, but no caller cancelled it" : undefined;
  }
  if (work?.fatal) {
    const failedAsPlanned = state === "FAILED" && failure?.reason === "FATAL";
    return failedAsPlanned
      ? undefined
      : `the job should fail for good, but is ${state} ${failure?.reason}`;
  }
  if (modelWasAway && state === "FAILED" && failure?.reason === REJECTED) return undefined;
  if (state !== "SUCCEEDED") return `${state} ${failure?.reason}: ${failure?.message}`;
  if (end.type === FAN_OUT_TYPE) return wrongFanOut(job.payload as FanOutWork, end);
  const { text, summary } = end.result as { text?: string; summary?: string };
  if (work === undefined) return (text ?? summary ?? "") === "" ? "an empty result" : undefined;
  if (attempt <= work.failures) return `the job succeeded in attempt ${attempt}, which should fail`;
  if (job.model !== undefined) {
    const wrong = wrongRoute(job.model, end);
    if (wrong !== undefined) return wrong;
  }
  // A provider that goes down costs jobs that call it some attempts before its cool-down begins.
  const calls = job.pool !== undefined || job.model !== undefined;
  if (!calls && attempt > work.failures + 1 + stalls) {
    return `${attempt} attempts: ${work.failures} fail, ${stalls} lost their worker`;
  }
  const pid = Number(text?.split("/")[2]);
  const whole = Array.from({ length: work.pieces }, (_, i) => piece(work.n, attempt, pid, i));
  return text === whole.join("") ? undefined : `attempt ${attempt} with the result ${text}`;
}
