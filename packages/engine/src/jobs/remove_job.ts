import type { JobId } from "@millrace/shared";
import { defineScript } from "../redis/define-script.ts";
import { asList, unexpectedReply } from "../redis/reply.ts";
import type { RemoveOutcome } from "./contract.ts";

export interface RemoveRequest {
  readonly nowMs: number;
  readonly maxEvents: number;
  readonly jobId: JobId;
}

export const removeJob = defineScript<RemoveRequest, RemoveOutcome>(import.meta.url, {
  name: "remove_job",
  argv: ["now_ms", "max_events", "id"],
  encode: ({ nowMs, maxEvents, jobId }) => [nowMs, maxEvents, jobId],
  decode(reply) {
    const [word] = asList(reply);
    switch (word) {
      case "REMOVED":
        return "removed";
      case "UNFINISHED":
        return "unfinished";
      case "NOT_FOUND":
        return "notFound";
      default:
        return unexpectedReply("remove_job", reply);
    }
  },
});
