import type { GroupSpec } from "@millrace/proto/group";
import type { JobSpec } from "@millrace/proto/job";
import { isTime, type RpcFault, rpcError, timeMs } from "@millrace/runtime";
import { limits } from "@millrace/shared";

const DAY_MS = 24 * 3_600_000;

const malformed = (field: string, description: string): RpcFault =>
  rpcError({
    reason: "MALFORMED",
    message: `${field}: ${description}`,
    violations: [{ field, description }],
  });

/** Throws MALFORMED if a group breaks a rule that the contract cannot state. Does not check the finalizer as a job. */
export function checkGroup({ deadline, finalizer, queue }: GroupSpec, nowMs: number): void {
  if (deadline !== undefined) {
    if (!isTime(deadline)) {
      throw malformed("group.deadline", "must be a time in the years 1 to 9999");
    }
    if (timeMs(deadline) < nowMs) throw malformed("group.deadline", "must not be in the past");
    const { groupDeadlineAheadMs: deadlineAheadMs } = limits;
    if (timeMs(deadline) - nowMs > deadlineAheadMs) {
      throw malformed("group.deadline", `must be at most ${deadlineAheadMs / DAY_MS} days ahead`);
    }
  }
  if (finalizer === undefined) return;
  if (finalizer.queue !== "" && finalizer.queue !== queue) {
    throw malformed("group.finalizer.queue", "must be the group's queue, or be left out");
  }
  const excess = excessOf(finalizer);
  if (excess !== undefined) {
    throw malformed(
      `group.finalizer.${excess}`,
      "must be left out: a finalizer exists once, and its group decides when it runs",
    );
  }
}

const excessOf = (spec: JobSpec) => {
  const { runAt, idempotencyKey, deduplication, groupId } = spec;
  if (runAt !== undefined) return "run_at";
  if (idempotencyKey !== "") return "idempotency_key";
  if (deduplication !== undefined) return "deduplication";
  if (spec.maxCostMicros !== undefined) return "max_cost_micros";
  if (spec.refuseLate) return "refuse_late";
  return groupId === "" ? undefined : "group_id";
};

/** Why a child of a new group may not name a group itself. */
export const namesGroup = (): RpcFault =>
  malformed("group_id", "must be left out: the job joins the group that this call creates");
