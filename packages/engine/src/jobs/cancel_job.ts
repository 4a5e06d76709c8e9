import type { JobId, JobState } from "@millrace/shared";
import { defineScript } from "../redis/define-script.ts";
import { asList, asText, unexpectedReply } from "../redis/reply.ts";
import type { CancelOutcome, OtherEnds } from "./contract.ts";
import { endedJob } from "./ended-job.ts";
import { otherEnds } from "./other-ends.ts";

export interface CancelRequest {
  readonly nowMs: number;
  readonly maxEvents: number;
  readonly keepFailedMs: number;
  readonly jobId: JobId;
  readonly message: string;
}

export interface Cancelled {
  readonly outcome: CancelOutcome;
  readonly others?: OtherEnds;
}

export const cancelJob = defineScript<CancelRequest, Cancelled>(import.meta.url, {
  name: "cancel_job",
  argv: ["now_ms", "max_events", "keep_failed_ms", "id", "message"],
  encode: ({ nowMs, maxEvents, keepFailedMs, jobId, message }) => [
    ...[nowMs, maxEvents, keepFailedMs, jobId, message],
  ],
  decode(reply, { jobId }) {
    const [word, detail, type, trace] = asList(reply);
    switch (word) {
      case "CANCELLED":
        return {
          outcome: { kind: "cancelled", job: endedJob(jobId, type, trace) },
          others: otherEnds(detail),
        };
      case "REQUESTED":
        return {
          outcome: {
            ...{ kind: "requested" },
            ...(detail === "" ? {} : { workerId: asText(detail) }),
          },
        };
      case "ALREADY_FINAL":
        return { outcome: { kind: "alreadyFinal", state: asText(detail) as JobState } };
      case "NOT_FOUND":
        return { outcome: { kind: "notFound" } };
      default:
        return unexpectedReply("cancel_job", reply);
    }
  },
});
