import type { MessageInitShape } from "@bufbuild/protobuf";
import type { GroupChild, GroupRecord, GroupRule } from "@millrace/engine";
import {
  type GroupChildSchema,
  type GroupRuleSchema,
  type GroupSchema,
  GroupState,
} from "@millrace/proto/group";
import { JobState } from "@millrace/proto/job";
import { timestampOf } from "@millrace/runtime";
import { queueOf } from "@millrace/shared";
import { groupDetails } from "./group-spec.ts";

/** A stored group as its callers see it. */
export function groupMessage(group: GroupRecord): MessageInitShape<typeof GroupSchema> {
  const { id, succeeded, failed, cancelled, expired, removed } = group;
  const { labels, priority, callback } = groupDetails(group.details);
  // Schedulers' measurements of Redis' time differ by milliseconds, so the times of one group are put in order here.
  const finishedAtMs =
    group.finishedAtMs === undefined ? undefined : Math.max(group.createdAtMs, group.finishedAtMs);
  return {
    id,
    queue: queueOf(id),
    state: GroupState[group.state],
    ...ruleMessage(group.rule),
    maxInFlight: group.maxInFlight,
    progress: {
      ...{ total: group.total, succeeded, failed, cancelled, expired, removed },
      inFlight: group.inFlight,
    },
    finalizerJobId: group.finalizerId ?? "",
    parentJobId: group.parentId ?? "",
    createTime: timestampOf(group.createdAtMs),
    ...(finishedAtMs === undefined ? {} : { finishTime: timestampOf(finishedAtMs) }),
    ...(group.deadlineMs === undefined ? {} : { deadline: timestampOf(group.deadlineMs) }),
    labels: { ...labels },
    cancelReason: group.cancelReason ?? "",
    ...(priority === undefined ? {} : { priority }),
    keepSiblings: group.keepSiblings,
    ...(callback === undefined ? {} : { callback }),
  };
}

function ruleMessage(rule: GroupRule): { rule?: MessageInitShape<typeof GroupRuleSchema> } {
  if (rule === "all") return {};
  return rule === "any"
    ? { rule: { rule: { case: "any", value: true } } }
    : { rule: { rule: { case: "atLeastPercent", value: rule } } };
}

/** A child as its group's readers see it. The state of a child that has not ended is read with the job. */
export function groupChildMessage(
  child: GroupChild,
  unfinished: JobState,
): MessageInitShape<typeof GroupChildSchema> {
  const { index, jobId, resultJson, failure } = child;
  return {
    index,
    jobId,
    state: stateOf(child.state, unfinished),
    resultJson: resultJson ?? "",
    resultOmitted: child.state === "SUCCEEDED" && resultJson === undefined,
    ...(failure === undefined ? {} : { failure: { ...failure } }),
  };
}

function stateOf(state: GroupChild["state"], unfinished: JobState): JobState {
  if (state === "REMOVED") return JobState.UNSPECIFIED;
  return state === "UNFINISHED" ? unfinished : JobState[state];
}
