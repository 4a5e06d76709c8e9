import type { JobId, JobState } from "@millrace/shared";
import { defineScript, type ScriptArg } from "../define-script.ts";
import type { JobSpec, SubmitOutcome } from "../engine.ts";
import { bullOptions, storedIdempotency, storedSpec } from "../job-record.ts";
import { asList, asNumber, asText, unexpectedReply } from "../reply.ts";

export interface SubmitRequest {
  readonly nowMs: number;
  readonly maxEvents: number;
  readonly depthLimit: number;
  readonly jobs: readonly JobSpec[];
}

export const submit = defineScript<SubmitRequest, readonly SubmitOutcome[]>({
  name: "submit",
  argv: ["now_ms", "max_events", "depth_limit"],
  perItem: [
    "id",
    "type",
    "payload",
    "opts",
    "spec",
    "priority",
    "pool",
    "submitted_ms",
    "run_at_ms",
    "expires_at_ms",
    "deadline_ms",
    "idempotency",
    "content_hash",
    "keep_ms",
  ],
  encode({ nowMs, maxEvents, depthLimit, jobs }) {
    const args: ScriptArg[] = [nowMs, maxEvents, depthLimit];
    for (const job of jobs) {
      args.push(job.id, job.type, job.payloadJson, bullOptions(job), storedSpec(job));
      args.push(job.priority, job.pool ?? "", job.submittedAtMs, job.runAtMs ?? "");
      args.push(job.expiresAtMs ?? "", job.deadlineMs ?? "", storedIdempotency(job));
      args.push(job.contentHash ?? "", job.retentionMs ?? "");
    }
    return args;
  },
  decode: (reply, { depthLimit }) => asList(reply).map((one) => outcome(one, depthLimit)),
});

function outcome(reply: unknown, limit: number): SubmitOutcome {
  const [word, first, second] = asList(reply);
  switch (word) {
    case "ACCEPTED":
      return { kind: "accepted" };
    case "EXISTING":
      return { kind: "existing", jobId: first as JobId, state: asText(second) as JobState };
    case "CONFLICT":
      return { kind: "conflict", jobId: first as JobId };
    case "DEPTH_FULL":
      return { kind: "depthFull", depth: asNumber(first), limit };
    default:
      return unexpectedReply("submit", reply);
  }
}
