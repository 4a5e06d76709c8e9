import type { MessageInitShape } from "@bufbuild/protobuf";
import type { GroupChild, GroupRecord, GroupRule } from "@millrace/engine";
import {
  type GroupChildSchema,
  type GroupRule as GroupRuleMessage,
  type GroupRuleSchema,
  type GroupSchema,
  GroupState,
} from "@millrace/proto/group";
import { JobState as JobStateMessage } from "@millrace/proto/job";
import { timestampOf } from "@millrace/runtime";
import { type JobState, parseJobId } from "@millrace/shared";

/** A group's rule as the engine takes it. */
export function groupRuleOf(message: GroupRuleMessage | undefined): GroupRule {
  const { rule } = message ?? {};
  if (rule?.case === "atLeastPercent") return rule.value;
  return rule?.case === "any" && rule.value ? "any" : "all";
}

const groupRuleMessage = (rule: GroupRule): MessageInitShape<typeof GroupRuleSchema> => {
  if (rule === "all") return {};
  return rule === "any"
    ? { rule: { case: "any", value: true } }
    : { rule: { case: "atLeastPercent", value: rule } };
};

/** A stored group as its caller and its workers see it. */
export function groupMessage(group: GroupRecord): MessageInitShape<typeof GroupSchema> {
  const { total, succeeded, failed, cancelled, expired, removed, inFlight } = group;
  const { finishedAtMs, deadlineMs } = group;
  return {
    id: group.id,
    queue: parseJobId(group.id)?.queue ?? "",
    state: GroupState[group.state],
    rule: groupRuleMessage(group.rule),
    maxInFlight: group.maxInFlight,
    keepSiblings: group.keepSiblings,
    progress: { total, succeeded, failed, cancelled, expired, removed, inFlight },
    finalizerJobId: group.finalizerId ?? "",
    parentJobId: group.parentId ?? "",
    createTime: timestampOf(group.createdAtMs),
    ...(finishedAtMs === undefined ? {} : { finishTime: timestampOf(finishedAtMs) }),
    ...(deadlineMs === undefined ? {} : { deadline: timestampOf(deadlineMs) }),
    cancelReason: group.cancelReason ?? "",
  };
}

/** A child of a group, and what it gave. `stateNow` is the state of a child that has not ended. */
export function groupChildMessage(
  child: GroupChild,
  stateNow?: JobState,
): MessageInitShape<typeof GroupChildSchema> {
  const { index, jobId, resultJson, failure } = child;
  const state = child.state === "UNFINISHED" ? stateNow : child.state;
  return {
    ...{ index, jobId, resultJson: resultJson ?? "" },
    resultOmitted: state === "SUCCEEDED" && resultJson === undefined,
    state:
      state === undefined || state === "REMOVED"
        ? JobStateMessage.UNSPECIFIED
        : JobStateMessage[state],
    ...(failure === undefined ? {} : { error: { ...failure } }),
  };
}
