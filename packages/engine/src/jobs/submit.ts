import type { JobId, JobState } from "@millrace/shared";
import { defineScript, type ScriptArg } from "../redis/define-script.ts";
import { keyOfJob, laneId, lanePool } from "../redis/keys.ts";
import { asList, asNumber, asText, unexpectedReply } from "../redis/reply.ts";
import type { JobSpec, SubmitOutcome } from "./contract.ts";
import { bullOptions, storedIdempotency, storedSpec } from "./job-record.ts";
import type { ScheduleRun } from "./schedule-run.ts";

export interface SubmitRequest {
  readonly nowMs: number;
  readonly maxEvents: number;
  readonly depthLimit: number;
  /** The most urgent priority for keys whose budget sets none. */
  readonly topPriority: number;
  /** The most stored bytes for keys whose budget sets none. Infinity means no limit. */
  readonly bytesLimit: number;
  readonly keepFailedMs: number;
  /** The name that this engine's signals of work bear; "" for none. */
  readonly origin: string;
  readonly jobs: readonly JobSpec[];
}

export const submit = defineScript<SubmitRequest, readonly SubmitOutcome[]>(import.meta.url, {
  name: "submit",
  argv: [
    ...["now_ms", "max_events", "depth_limit", "keep_failed_ms", "top_priority", "bytes_limit"],
    "origin",
  ],
  perItem: ["key", "lane", "type", "opts", "priority", "job_count"],
  perSubItem: ["id", "payload", "spec", "submitted_ms", "more"],
  encode({ nowMs, maxEvents, depthLimit, keepFailedMs, topPriority, bytesLimit, ...rest }) {
    const { origin, jobs } = rest;
    const args: ScriptArg[] = [nowMs, maxEvents, depthLimit, keepFailedMs, topPriority];
    args.push(boundOf(bytesLimit), origin);
    for (let from = 0; from < jobs.length; ) {
      const to = endOfGroup(jobs, from);
      const first = jobs[from] as JobSpec;
      const key = keyOfJob(first.id);
      const lane = laneId(key, first.priority, lanePool(first));
      args.push(key, lane, first.type, bullOptions(first), first.priority, to - from);
      for (; from < to; from += 1) {
        const job = jobs[from] as JobSpec;
        args.push(job.id, job.payloadJson, storedSpec(job), job.submittedAtMs, moreOf(job));
      }
    }
    return args;
  },
  decode: (reply) => asList(reply).map(outcome),
});

/** A limit in the form that scripts read: "" means no limit. */
export const boundOf = (limit: number): number | "" => (Number.isFinite(limit) ? limit : "");

/** The end of the group that begins at `from`: the following jobs with the same lane and options. unpack limits a group's size. */
const MAX_GROUP = 1_000;

function endOfGroup(jobs: readonly JobSpec[], from: number): number {
  const first = jobs[from] as JobSpec;
  const key = keyOfJob(first.id);
  let to = from + 1;
  for (; to < jobs.length && to - from < MAX_GROUP; to += 1) {
    const job = jobs[to] as JobSpec;
    const alike =
      keyOfJob(job.id) === key &&
      job.type === first.type &&
      job.pool === first.pool &&
      job.model === first.model &&
      job.priority === first.priority &&
      job.maxAttempts === first.maxAttempts &&
      job.backoff.initialMs === first.backoff.initialMs;
    if (!alike) break;
  }
  return to;
}

/**
 * An order in which the jobs of each key follow one another, so that they make few groups. The jobs of one key keep
 * their order.
 */
export function keyOrder(jobs: readonly JobSpec[]): readonly number[] {
  const byKey = new Map<string, number[]>();
  jobs.forEach((job, index) => {
    const key = keyOfJob(job.id);
    const indexes = byKey.get(key);
    if (indexes === undefined) byKey.set(key, [index]);
    else indexes.push(index);
  });
  return byKey.size === 1 ? jobs.map((_, index) => index) : [...byKey.values()].flat();
}

const hasEnd = ({ expiresAtMs, deadlineMs }: JobSpec): boolean =>
  expiresAtMs !== undefined || deadlineMs !== undefined;

function moreOf(job: JobSpec): string {
  const rare =
    job.runAtMs !== undefined ||
    job.expiresAtMs !== undefined ||
    job.deadlineMs !== undefined ||
    job.idempotencyKey !== undefined ||
    job.retentionMs !== undefined ||
    job.estimatedTokens !== undefined ||
    job.deduplication !== undefined ||
    job.group !== undefined ||
    job.finalizes !== undefined ||
    job.run !== undefined ||
    job.callback !== undefined;
  if (!rare) return "";
  return JSON.stringify({
    run_at_ms: job.runAtMs,
    expires_at_ms: job.expiresAtMs,
    deadline_ms: job.deadlineMs,
    idempotency: storedIdempotency(job),
    // Only an idempotency key needs them. Without them, the jobs of a group have the same text, which is read once.
    content_hash: job.idempotencyKey === undefined ? undefined : job.contentHash,
    former_hash: job.idempotencyKey === undefined ? undefined : job.formerContentHash,
    keep_ms: job.retentionMs,
    est: job.estimatedTokens,
    dedup: job.deduplication && {
      key: job.deduplication.key,
      mode: job.deduplication.mode,
      ms: job.deduplication.windowMs,
    },
    group: job.group?.id,
    group_index: job.group?.index,
    finalizes: job.finalizes,
    in_time: job.refusedIfPast && hasEnd(job) ? 1 : undefined,
    run: job.run && runOf(job.run),
    callback: job.callback,
  });
}

const runOf = ({ id, revision, kind, dueMs, fromMs, missed, nextDueMs, lookMs }: ScheduleRun) => ({
  ...{ id, revision, kind, due_ms: dueMs, from_ms: fromMs, missed: missed ?? 0 },
  ...{ next_due_ms: nextDueMs, look_ms: lookMs ?? 0 },
});

function outcome(reply: unknown): SubmitOutcome {
  if (reply === "ACCEPTED") return { kind: "accepted" };
  const [word, first, second, third] = asList(reply);
  switch (word) {
    case "EXISTING":
      return { kind: "existing", jobId: first as JobId, state: asText(second) as JobState };
    case "CONFLICT":
      return { kind: "conflict", jobId: first as JobId };
    case "DEPTH_FULL":
      return { kind: "depthFull", depth: asNumber(first), limit: asNumber(second) };
    case "INVALID":
      return { kind: "invalid", argument: asText(first) };
    case "PAST":
      return { kind: "past", time: first === "deadline_ms" ? "deadline" : "expires_at" };
    case "GROUP_UNKNOWN":
      return { kind: "unknownGroup" };
    case "GROUP_CLOSED":
      return { kind: "groupClosed" };
    case "GROUP_FULL":
      return { kind: "groupFull", limit: asNumber(first) };
    case "RUN_MOVED":
      return { kind: "runMoved" };
    case "RUN_SKIPPED":
      return { kind: "runSkipped" };
    case "RUN_BUFFERED":
      return { kind: "runBuffered" };
    case "RUN_WAITS":
      return { kind: "runWaits" };
    case "PRIORITY_NOT_ALLOWED":
      return { kind: "priorityNotAllowed", priority: asNumber(first), limit: asNumber(second) };
    case "STORED_BYTES_FULL":
      return {
        kind: "storedBytesFull",
        stored: asNumber(first),
        bytes: asNumber(second),
        limit: asNumber(third),
      };
    default:
      return unexpectedReply("submit", reply);
  }
}
