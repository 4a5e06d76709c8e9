import { type Engine, type JobSpec, queueDefaults } from "@millrace/engine";
import type { CreateGroupRequest, SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError, timeMs } from "@millrace/runtime";
import {
  type Clock,
  type GroupId,
  isGroupId,
  isJobId,
  isQueueName,
  queueOf,
} from "@millrace/shared";
import { attributeNames, describeSpan } from "@millrace/telemetry";
import { groupMessage } from "../../messages/group-message.ts";
import { groupSpecOf } from "../../messages/group-spec.ts";
import { jobSpecOf } from "../../messages/job-spec.ts";
import { refusalOf, type SubmissionOutcome } from "../../messages/submit-result.ts";
import type { JobObserver } from "../../observing/job-observer.ts";
import type { MemoryPressure } from "../../policy/memory-pressure.ts";
import { submitTimeMs } from "../../policy/submit-time.ts";
import { jobWeight } from "../../submitting/gather-submissions.ts";
import { type CallbackRules, callbackRefusal } from "../../webhooks/callback-rules.ts";

/** What a group without its finalizer takes in Redis: an estimate. */
const GROUP_BYTES = 2_048;

/** Creates a group with its finalizer. A finalizer is refused as a submitted job is, and its group with it. */
export const createGroup =
  (
    engine: Pick<Engine, "createGroup" | "recentQueue">,
    observer: Pick<JobObserver, "submitted" | "shed" | "groupCreated">,
    clock: Clock,
    pressure: Pick<MemoryPressure, "admits">,
    callbacks: CallbackRules,
  ): Handler<(typeof SchedulerService)["method"]["createGroup"], undefined> =>
  async (request, { signal }) => {
    const { groupId: id, spec, createTime } = request;
    if (!isGroupId(id) || spec === undefined || queueOf(id) !== spec.queue) {
      throw rpcError({
        reason: "MALFORMED",
        message: `the id ${id} does not belong to the group's queue`,
      });
    }
    assertCallbacks(request, callbacks);
    const gatewayMs = createTime === undefined ? undefined : timeMs(createTime);
    const createdAtMs = submitTimeMs(gatewayMs, clock.nowMs());
    const finalizer = await finalizerOf(engine, id, request, createdAtMs);
    // If the call was aborted, its caller knows that it failed.
    signal.throwIfAborted();
    const bytes = GROUP_BYTES + (finalizer === undefined ? 0 : jobWeight(finalizer));
    if (!pressure.admits(bytes)) {
      observer.shed();
      throw refused(id, { kind: "storeFull" });
    }
    const result = await engine.createGroup(groupSpecOf(id, spec, createdAtMs, finalizer));
    if (result.kind === "refused") throw refused(id, result.outcome);
    observer.groupCreated(id);
    if (finalizer !== undefined) observer.submitted(finalizer.id, finalizer.type);
    describeSpan({ [attributeNames.groupId]: id, [attributeNames.queue]: spec.queue });
    return { group: groupMessage(result.group) };
  };

function assertCallbacks({ spec, finalizer }: CreateGroupRequest, rules: CallbackRules): void {
  const refusal =
    callbackRefusal(spec?.callback, rules, { of: "group", path: "group.callback" }) ??
    callbackRefusal(finalizer?.spec?.callback, rules, {
      ...{ of: "job", path: "group.finalizer.callback" },
    });
  if (refusal !== undefined) throw rpcError(refusal);
}

async function finalizerOf(
  engine: Pick<Engine, "recentQueue">,
  groupId: GroupId,
  { finalizer }: CreateGroupRequest,
  createdAtMs: number,
): Promise<JobSpec | undefined> {
  if (finalizer === undefined) return undefined;
  const { id, spec } = finalizer;
  const queue = queueOf(groupId);
  if (!isJobId(id) || queueOf(id) !== queue || spec?.queue !== queue || !isQueueName(queue)) {
    throw rpcError({
      reason: "MALFORMED",
      message: `the id ${id} does not belong to the group's queue`,
    });
  }
  // A queue that does not exist refuses the group, whatever its retry policy is.
  const { defaultRetry } = (await engine.recentQueue(queue)) ?? queueDefaults;
  return jobSpecOf(id, spec, createdAtMs, defaultRetry);
}

const refused = (id: GroupId, outcome: SubmissionOutcome) =>
  rpcError(
    refusalOf(id, outcome) ?? {
      reason: "IDEMPOTENCY_CONFLICT",
      message: "the finalizer's id or idempotency key belongs to another job",
    },
  );
