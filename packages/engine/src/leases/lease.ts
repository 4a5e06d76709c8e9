import type { JobId, KeyId } from "@millrace/shared";
import type { Want } from "../accounts/account-shards.ts";
import type { KeyWant } from "../budgets/key-portions.ts";
import type { EndedJob, OtherEnds } from "../jobs/contract.ts";
import { endedJob, lastEndOf } from "../jobs/ended-job.ts";
import { jobRecord } from "../jobs/job-record.ts";
import { otherEnds } from "../jobs/other-ends.ts";
import type { ConstraintKind } from "../lanes/contract.ts";
import { defineScript } from "../redis/define-script.ts";
import { asList, asNumber, asOptionalNumber, asText, asTextOrNull, rows } from "../redis/reply.ts";
import { F } from "../redis/stored-names.ts";
import type { Lease, LeaseRequest, LeaseResult } from "./contract.ts";
import { keyHolds, pauseOf } from "./holds.ts";

export interface LeaseScriptRequest extends Omit<LeaseRequest, "queue" | "workerId"> {
  /** The workers take turns. There is at least one. */
  readonly workerIds: readonly string[];
  readonly nowMs: number;
  readonly maxEvents: number;
  readonly keepFailedMs: number;
  readonly defaultTokens: number;
  /** Accounts that did not grant the shard what it asked for. Jobs of models take other routes. */
  readonly closed: readonly string[];
}

/** What the slice of an account lacked. */
export interface LeaseWant extends Want {
  /** Jobs of models wait for the slice. If the account grants nothing, they may take another route. */
  readonly ofModels: boolean;
}

export interface LeaseScriptResult extends LeaseResult {
  /** What the slices of provider accounts could not give. */
  readonly wants: readonly LeaseWant[];
  /** The closed accounts for which jobs of models wait: none of their routes is open. */
  readonly waitsFor: readonly string[];
  /** What the shard's portions of keys' budgets could not give. */
  readonly keyWants: readonly KeyWant[];
  readonly others: OtherEnds;
}

export const lease = defineScript<LeaseScriptRequest, LeaseScriptResult>(import.meta.url, {
  name: "lease",
  argv: [
    ...["now_ms", "max_events", "count", "lease_ms", "worker_ids", "all_pools", "keep_failed_ms"],
    ...["default_tokens", "types", "alone", "except", "closed"],
  ],
  perItem: ["pool"],
  encode: ({
    nowMs,
    maxEvents,
    count,
    leaseMs,
    workerIds,
    pools,
    types,
    alone,
    except,
    ...queue
  }) => [
    ...[nowMs, maxEvents, count, leaseMs, workerIds.join("\n"), pools === undefined ? 1 : 0],
    ...[queue.keepFailedMs, queue.defaultTokens, (types ?? []).join("\n"), alone ? 1 : 0],
    ...[(except ?? []).join("\n"), queue.closed.join("\n")],
    ...(pools ?? []),
  ],
  decode(reply, request) {
    const [, nextDue, ended, wanted, holds, suspects, others, ...rest] = asList(reply);
    const [pause, waitsFor, keyWants, columns, ...flat] = rest;
    const names = asList(columns).map(asText);
    const paused = pauseOf(asText(pause));
    const leases: Lease[] = [];
    for (let at = 0; at < flat.length; at += names.length) {
      const fields: Record<string, string | null> = {};
      names.forEach((name, column) => {
        fields[name] = textOf(flat[at + column]);
      });
      const workerId = request.workerIds[leases.length % request.workerIds.length];
      const lease = toLease(fields, request, workerId);
      // Nobody else reads the times.
      const holds =
        lease.job.traceparent === undefined ? [] : [...keyHolds(fields[F.use_holds]), ...paused];
      leases.push({ ...lease, holds });
    }
    const nextDueMs = asOptionalNumber(nextDue);
    const expired = asEndedJobs(ended);
    const wants = asWants(wanted);
    const held = asHolds(holds);
    return {
      ...{ leases, expired, wants, held, suspectsWait: asNumber(suspects) === 1 },
      ...{ others: otherEnds(others), waitsFor: asList(waitsFor).map(asText) },
      keyWants: rows(keyWants, 2).map(([key, needs]) => ({
        key: asText(key) as KeyId,
        needs: asText(needs),
      })),
      ...(nextDueMs === undefined ? {} : { nextDueMs }),
    };
  },
});

const textOf = (field: unknown): string | null =>
  typeof field === "number" ? String(field) : asTextOrNull(field);

function asHolds(reply: unknown): Map<ConstraintKind, number> {
  const flat = asList(reply);
  const holds = new Map<ConstraintKind, number>();
  for (let at = 0; at < flat.length; at += 2) {
    holds.set(asText(flat[at]) as ConstraintKind, asNumber(flat[at + 1]));
  }
  return holds;
}

const asWants = (reply: unknown): LeaseWant[] =>
  rows(reply, 4).map(([pool, jobs, leastTokens, ofModels]) => ({
    pool: asText(pool),
    ...{ jobs: asNumber(jobs), leastTokens: asNumber(leastTokens) },
    ofModels: asNumber(ofModels) === 1,
  }));

function asEndedJobs(reply: unknown): EndedJob[] {
  const flat = asList(reply);
  const ended: EndedJob[] = [];
  for (let at = 0; at < flat.length; at += 3) {
    ended.push(endedJob(flat[at], flat[at + 1], flat[at + 2]));
  }
  return ended;
}

function toLease(
  fields: Readonly<Record<string, string | null>>,
  { nowMs, leaseMs }: LeaseScriptRequest,
  workerId: string | undefined,
): Omit<Lease, "holds"> {
  const jobId = asText(fields.id) as JobId;
  const stored = { ...fields, [F.started_ms]: String(nowMs), [F.worker_id]: workerId };
  const dueMs = fields[F.due_ms] ?? null;
  const heldBy = fields[F.held_by] ?? null;
  const lastEnd = lastEndOf(fields[F.last_end]);
  const job = jobRecord(jobId, "RUNNING", stored);
  return {
    jobId,
    token: asNumber(fields.token),
    attempt: Number(fields[F.attempts_spent]) + 1,
    expiresAtMs: nowMs + leaseMs,
    nextSeq: 0,
    ...(dueMs === null ? {} : { dueAgainMs: Number(dueMs) }),
    ...(lastEnd === undefined ? {} : { lastEnd }),
    heldBy: heldBy === null ? [] : (heldBy.split(",") as ConstraintKind[]),
    ...(job.route === undefined ? {} : { route: job.route }),
    job,
  };
}
