import { jsonText } from "@millrace/shared";
import { defineScript } from "../redis/define-script.ts";
import { asList } from "../redis/reply.ts";
import type { RunNote } from "./contract.ts";

export interface NoteRunRequest extends RunNote {
  readonly nowMs: number;
}

/** Returns false if the schedule is gone, has been changed, or has another due time. */
export const noteRun = defineScript<NoteRunRequest, boolean>(import.meta.url, {
  name: "note_run",
  argv: ["now_ms", "id", "revision", "due_ms", "missed", "next_due_ms", "look_ms", "failure"],
  encode: ({ nowMs, id, revision, dueMs, missed, nextDueMs, lookMs, failure }) => [
    ...[nowMs, id, revision, dueMs ?? "", missed, nextDueMs ?? "", lookMs],
    failure === undefined ? "" : jsonText(failure),
  ],
  decode: (reply) => asList(reply)[0] === "DONE",
});
