import type { Group, GroupProgress, GroupRule } from "@millrace/client";
import { details } from "../table.ts";
import { timeText } from "../times.ts";

/** How many children have ended, in whatever way. */
const endedOf = (progress: GroupProgress): number =>
  progress.succeeded + progress.failed + progress.cancelled + progress.expired + progress.removed;

/** `12 of 100 ended, 2 failed, 8 in flight`: kinds of ends that have not occurred are left out. */
export function progressText(progress: GroupProgress): string {
  const { total, failed, cancelled, expired, removed, inFlight } = progress;
  const counts = Object.entries({ failed, cancelled, expired, removed, "in flight": inFlight });
  return [
    `${endedOf(progress)} of ${total} ended`,
    ...counts.filter(([, count]) => count > 0).map(([what, count]) => `${count} ${what}`),
  ].join(", ");
}

const ruleText = (rule: GroupRule): string =>
  typeof rule === "string" ? rule : `at least ${rule.atLeastPercent}%`;

/** Formats a group for people. */
export function groupText(group: Group): string {
  const labels = Object.entries(group.labels).map(([name, value]) => `${name}=${value}`);
  return details([
    ["id", group.id],
    ["state", group.state],
    ["queue", group.queue],
    ["children", progressText(group.progress)],
    ["succeeds with", ruleText(group.rule)],
    ["most in flight", group.maxInFlight === 0 ? undefined : String(group.maxInFlight)],
    ["keeps siblings", group.keepSiblings ? "yes" : undefined],
    ["priority", group.priority === undefined ? undefined : String(group.priority)],
    ["finalizer", group.finalizerJobId],
    ["parent", group.parentJobId],
    ["created", timeText(group.createTime)],
    ["deadline", timeText(group.deadline)],
    ["finished", timeText(group.finishTime)],
    ["cancelled for", group.cancelReason],
    ["callback", group.callback?.url],
    ["labels", labels.length === 0 ? undefined : labels.join(" ")],
  ]);
}
