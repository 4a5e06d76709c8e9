import type { GroupId } from "@millrace/shared";
import type { OtherEnds } from "../jobs/contract.ts";
import { otherEnds } from "../jobs/other-ends.ts";
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

export interface Changed {
  readonly outcome: GroupOutcome;
  readonly others?: OtherEnds;
}

export const changeGroup = defineScript<ChangeGroupRequest, Changed>(import.meta.url, {
  name: "change_group",
  argv: ["now_ms", "max_events", "keep_failed_ms", "id", "change", "reason"],
  encode: ({ nowMs, maxEvents, keepFailedMs, id, change, reason }) => [
    ...[nowMs, maxEvents, keepFailedMs, id, change, reason],
  ],
  decode(reply, { id }) {
    const [word, hash, others] = asList(reply);
    if (word === "NOT_FOUND") return { outcome: { kind: "notFound" } };
    const group = groupRecord(id, hash);
    if (group === undefined) return unexpectedReply("change_group", reply);
    const kind = word === "ALREADY_FINAL" ? "alreadyFinal" : "done";
    return { outcome: { kind, group }, others: otherEnds(others) };
  },
});
