import type { GroupId } from "@millrace/shared";
import { defineScript } from "../redis/define-script.ts";
import { asList, unexpectedReply } from "../redis/reply.ts";
import type { GroupOutcome } from "./contract.ts";
import { groupRecord } from "./group-record.ts";

export interface ChangeGroupRequest {
  readonly nowMs: number;
  readonly maxEvents: number;
  readonly keepFailedMs: number;
  readonly id: GroupId;
  readonly change: "close" | "cancel";
  /** Why it is cancelled; else "". */
  readonly reason: string;
}

export const changeGroup = defineScript<ChangeGroupRequest, GroupOutcome>(import.meta.url, {
  name: "change_group",
  argv: ["now_ms", "max_events", "keep_failed_ms", "id", "change", "reason"],
  encode: ({ nowMs, maxEvents, keepFailedMs, id, change, reason }) => [
    ...[nowMs, maxEvents, keepFailedMs, id, change, reason],
  ],
  decode(reply, { id }) {
    const [word, hash] = asList(reply);
    if (word === "NOT_FOUND") return { kind: "notFound" };
    const group = groupRecord(id, hash);
    if (group === undefined) return unexpectedReply("change_group", reply);
    return { kind: word === "ALREADY_FINAL" ? "alreadyFinal" : "done", group };
  },
});
