import type { JobId } from "@millrace/shared";
import { defineScript } from "../define-script.ts";
import type { Lease, LeaseRequest, LeaseResult } from "../engine.ts";
import { jobRecord, runningAttempt } from "../job-record.ts";
import { asHash, asList, asNumber, asOptionalNumber, asText } from "../reply.ts";

export interface LeaseScriptRequest extends Omit<LeaseRequest, "queue"> {
  readonly nowMs: number;
  readonly maxEvents: number;
  readonly keepFailedMs: number;
}

export const lease = defineScript<LeaseScriptRequest, LeaseResult>({
  name: "lease",
  argv: ["now_ms", "max_events", "count", "lease_ms", "worker_id", "all_pools", "keep_failed_ms"],
  perItem: ["pool"],
  encode: ({ nowMs, maxEvents, count, leaseMs, workerId, keepFailedMs, pools }) => [
    ...[nowMs, maxEvents, count, leaseMs, workerId, pools === undefined ? 1 : 0, keepFailedMs],
    ...(pools ?? []),
  ],
  decode(reply, request) {
    const [, nextDue, ...leased] = asList(reply);
    const nextDueMs = asOptionalNumber(nextDue);
    return {
      leases: leased.map((one) => toLease(one, request)),
      ...(nextDueMs === undefined ? {} : { nextDueMs }),
    };
  },
});

function toLease(reply: unknown, { nowMs, leaseMs, workerId }: LeaseScriptRequest): Lease {
  const [id, token, flat] = asList(reply);
  const jobId = asText(id) as JobId;
  // The hash as it was just before the lease, which changed these fields.
  const hash = asHash(flat).set("processedOn", String(nowMs)).set("pb", workerId);
  if (Number(hash.get("oq") ?? 0) > 0) {
    hash.set("oo", String(Number(hash.get("oo")) + 1)).set("oq", "0");
  }
  return {
    jobId,
    token: asNumber(token),
    attempt: runningAttempt(hash),
    expiresAtMs: nowMs + leaseMs,
    nextSeq: 0,
    job: jobRecord(jobId, "RUNNING", hash),
  };
}
