import type { GroupId } from "@millrace/shared";
import { defineScript } from "../redis/define-script.ts";
import { asList, asText, unexpectedReply } from "../redis/reply.ts";
import type { FanOut, FanOutOutcome } from "./contract.ts";
import { groupRecord } from "./group-record.ts";

export interface OpenFanOutRequest extends FanOut {
  readonly nowMs: number;
  readonly maxEvents: number;
  readonly keepFailedMs: number;
  /** The id for a new group. */
  readonly newId: GroupId;
  /** The latest finish, if the job has no earlier deadline. */
  readonly deadlineMs: number;
}

export const openFanOut = defineScript<OpenFanOutRequest, FanOutOutcome>(import.meta.url, {
  name: "open_fan_out",
  argv: [
    ...["now_ms", "max_events", "keep_failed_ms", "job_id", "token", "ordinal", "plan", "new_id"],
    ...["rule", "max_in_flight", "keep_siblings", "deadline_ms"],
  ],
  encode: (fanOut) => [
    ...[fanOut.nowMs, fanOut.maxEvents, fanOut.keepFailedMs, fanOut.jobId, fanOut.token],
    ...[fanOut.ordinal, fanOut.planHash, fanOut.newId, String(fanOut.rule), fanOut.maxInFlight],
    ...[fanOut.keepSiblings ? "1" : "", fanOut.deadlineMs],
  ],
  decode(reply) {
    const [word, id, hash] = asList(reply);
    if (word === "LEASE_LOST") return { kind: "leaseLost" };
    if (word === "DIFFERS") return { kind: "differs" };
    const group = groupRecord(asText(id) as GroupId, hash);
    if (group === undefined) return unexpectedReply("open_fan_out", reply);
    return { kind: "opened", group };
  },
});
