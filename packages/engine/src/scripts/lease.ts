import type { JobId } from "@millrace/shared";
import { defineScript } from "../define-script.ts";
import type { Lease, LeaseRequest, LeaseResult } from "../engine.ts";
import { jobRecord, type StoredJob } from "../job-record.ts";
import { asList, asNumber, asOptionalNumber, asText, asTextOrNull } from "../reply.ts";

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
    const [, nextDue, ...flat] = asList(reply);
    const leases: Lease[] = [];
    for (let at = 0; at < flat.length; at += FIELDS_PER_LEASE) {
      leases.push(toLease(flat.slice(at, at + FIELDS_PER_LEASE), request));
    }
    const nextDueMs = asOptionalNumber(nextDue);
    return { leases, ...(nextDueMs === undefined ? {} : { nextDueMs }) };
  },
});

const FIELDS_PER_LEASE = 9;

function toLease(
  fields: readonly unknown[],
  { nowMs, leaseMs, workerId }: LeaseScriptRequest,
): Lease {
  const [id, token, data, spec, spent, nextOffset, stalls, usage, failure] = fields;
  const jobId = asText(id) as JobId;
  const stored: StoredJob = {
    spec: asText(spec),
    data: asTextOrNull(data),
    atm: String(spent),
    oo: nextOffset === null ? null : String(nextOffset),
    stc: asTextOrNull(stalls),
    use: asTextOrNull(usage),
    fail: asTextOrNull(failure),
    processedOn: String(nowMs),
    pb: workerId,
  };
  return {
    jobId,
    token: asNumber(token),
    attempt: asNumber(spent) + 1,
    expiresAtMs: nowMs + leaseMs,
    nextSeq: 0,
    job: jobRecord(jobId, "RUNNING", stored),
  };
}
