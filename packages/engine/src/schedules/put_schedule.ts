import type { ScheduleId } from "@millrace/shared";
import { boundOf } from "../jobs/submit.ts";
import { defineScript } from "../redis/define-script.ts";
import { asList, asNumber, unexpectedReply } from "../redis/reply.ts";
import type { PutScheduleOutcome, ScheduleChange } from "./contract.ts";
import { scheduleRecord } from "./schedule-record.ts";

export interface PutScheduleRequest extends ScheduleChange {
  readonly nowMs: number;
  readonly bytesLimit: number;
}

export const putSchedule = defineScript<PutScheduleRequest, PutScheduleOutcome>(import.meta.url, {
  name: "put_schedule",
  argv: [
    ...["now_ms", "id", "revision", "from_due_ms", "most", "bytes_limit", "overlap", "due_ms"],
    ...["look_ms", "timed_from_ms", "details", "paused", "note"],
  ],
  encode: (change) => [
    ...[change.nowMs, change.id, change.revision ?? 0, change.fromDueMs ?? "", change.most],
    boundOf(change.bytesLimit),
    ...[change.overlap, change.dueMs ?? "", change.lookMs ?? 0, change.timedFromMs],
    ...[change.details, change.paused ? "1" : "", change.note],
  ],
  decode: (reply, { id }) => outcome(reply, id),
});

function outcome(reply: unknown, id: ScheduleId): PutScheduleOutcome {
  const [word, first, second, third] = asList(reply);
  switch (word) {
    case "DONE":
    case "CHANGED": {
      const schedule = scheduleRecord(id, first, second);
      if (schedule === undefined) return unexpectedReply("put_schedule", reply);
      return { kind: word === "DONE" ? "done" : "changed", schedule };
    }
    case "NOT_FOUND":
      return { kind: "notFound" };
    case "FULL":
      return { kind: "full", limit: asNumber(first) };
    case "STORED_BYTES_FULL":
      return {
        kind: "storedBytesFull",
        ...{ stored: asNumber(first), bytes: asNumber(second), limit: asNumber(third) },
      };
    default:
      return unexpectedReply("put_schedule", reply);
  }
}
