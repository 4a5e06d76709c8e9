import { defineScript } from "../redis/define-script.ts";
import type { GroupRecord, GroupSpec } from "./contract.ts";
import { groupRecord } from "./group-record.ts";

export interface CreateGroupRequest extends Omit<GroupSpec, "finalizer"> {
  readonly nowMs: number;
  /** The finalizer's job id, or "". */
  readonly waiter: string;
}

export const createGroup = defineScript<CreateGroupRequest, GroupRecord | undefined>(
  import.meta.url,
  {
    name: "create_group",
    argv: [
      ...["now_ms", "id", "rule", "max_in_flight", "keep_siblings", "waiter", "deadline_ms"],
      ...["created_ms", "details", "callback"],
    ],
    encode: (group) => [
      ...[group.nowMs, group.id, String(group.rule), group.maxInFlight],
      ...[group.keepSiblings ? "1" : "", group.waiter, group.deadlineMs, group.createdAtMs],
      ...[group.details ?? "", group.callback ?? ""],
    ],
    decode: (reply, { id }) => groupRecord(id, reply),
  },
);
