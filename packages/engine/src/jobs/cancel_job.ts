import type { JobId, JobState } from "@millrace/shared";
import { defineScript } from "../redis/define-script.ts";
import { asList, asText, unexpectedReply } from "../redis/reply.ts";
import type { CancelOutcome } from "./contract.ts";

export interface CancelRequest {
  readonly nowMs: number;
  readonly maxEvents: number;
  readonly keepFailedMs: number;
  readonly jobId: JobId;
  readonly message: string;
}

export const cancelJob = defineScript<CancelRequest, CancelOutcome>(import.meta.url, {
  name: "cancel_job",
  argv: ["now_ms", "max_events", "keep_failed_ms", "id", "message"],
  encode: ({ nowMs, maxEvents, keepFailedMs, jobId, message }) => [
    ...[nowMs, maxEvents, keepFailedMs, jobId, message],
  ],
  decode(reply) {
    const [word, detail] = asList(reply);
    switch (word) {
      case "CANCELLED":
        return { kind: "cancelled" };
      case "REQUESTED":
        return detail === ""
          ? { kind: "requested" }
          : { kind: "requested", workerId: asText(detail) };
      case "ALREADY_FINAL":
        return { kind: "alreadyFinal", state: asText(detail) as JobState };
      case "NOT_FOUND":
        return { kind: "notFound" };
      default:
        return unexpectedReply("cancel_job", reply);
    }
  },
});
