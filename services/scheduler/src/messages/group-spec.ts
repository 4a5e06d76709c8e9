import { create, fromJsonString, toJsonString } from "@bufbuild/protobuf";
import type { GroupRule, GroupSpec, JobSpec } from "@millrace/engine";
import {
  type GroupRule as GroupRuleMessage,
  type GroupSpec as GroupSpecMessage,
  GroupSpecSchema,
} from "@millrace/proto/group";
import { timeMs } from "@millrace/runtime";
import { type GroupId, limits } from "@millrace/shared";

/** What a group carries for its readers: the engine decides nothing by it, and keeps it as one text. */
export type GroupDetails = Pick<GroupSpecMessage, "labels" | "priority" | "callback">;

/** A group as the engine takes it, with defaults for fields that are left out. */
export function groupSpecOf(
  id: GroupId,
  spec: GroupSpecMessage,
  createdAtMs: number,
  finalizer: JobSpec | undefined,
): GroupSpec {
  const details = detailsOf(spec);
  return {
    id,
    rule: ruleOf(spec.rule),
    maxInFlight: spec.maxInFlight,
    keepSiblings: spec.keepSiblings,
    deadlineMs:
      spec.deadline === undefined ? createdAtMs + limits.groupDeadlineMs : timeMs(spec.deadline),
    createdAtMs,
    ...(finalizer === undefined ? {} : { finalizer }),
    ...(details === undefined ? {} : { details }),
    ...(spec.callback === undefined ? {} : { callback: "end" }),
  };
}

/** A rule that is left out, or that says no to `any`, is the rule that all children must succeed. */
export function ruleOf(message: GroupRuleMessage | undefined): GroupRule {
  const rule = message?.rule;
  if (rule?.case === "atLeastPercent") return rule.value;
  return rule?.case === "any" && rule.value ? "any" : "all";
}

function detailsOf({ labels, priority, callback }: GroupDetails): string | undefined {
  const hasLabels = Object.keys(labels).length > 0;
  if (!hasLabels && priority === undefined && callback === undefined) return undefined;
  const carried = create(GroupSpecSchema, {
    labels,
    ...(priority === undefined ? {} : { priority }),
    ...(callback === undefined ? {} : { callback }),
  });
  return toJsonString(GroupSpecSchema, carried);
}

/** Reads the details that `groupSpecOf` wrote. */
export const groupDetails = (details: string | undefined): GroupDetails =>
  details === undefined
    ? create(GroupSpecSchema)
    : fromJsonString(GroupSpecSchema, details, { ignoreUnknownFields: true });
