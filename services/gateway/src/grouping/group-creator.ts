import { create } from "@bufbuild/protobuf";
import { type Group, GroupSchema, type GroupSpec } from "@millrace/proto/group";
import { type NewJob, NewJobSchema } from "@millrace/proto/scheduler-service";
import { timestampOf } from "@millrace/runtime";
import { type KeyId, newGroupId, newJobId, type QueueName, type Random } from "@millrace/shared";
import type { TraceHeaders } from "@millrace/telemetry";
import type { Scheduler } from "../scheduler/scheduler-client.ts";
import type { SchedulerClock } from "../scheduler/scheduler-clock.ts";
import { assertCallersQueue } from "../submitting/callers-queue.ts";
import type { JobPreparer } from "../submitting/prepare-job.ts";
import { checkGroup } from "./check-group.ts";
import type { GroupPriorities } from "./group-priorities.ts";

/** Checks a caller's group with its finalizer, and creates it without children. */
export type GroupCreator = (
  keyId: KeyId,
  spec: GroupSpec,
  /** A finalizer without a trace of its own joins `trace`. */
  call: { readonly signal: AbortSignal; readonly trace: TraceHeaders },
) => Promise<Group>;

export interface GroupCreatorOptions {
  readonly scheduler: Pick<Scheduler, "createGroup">;
  readonly schedulerClock: Pick<SchedulerClock, "nowMs" | "known">;
  readonly random: Random;
  readonly prepare: JobPreparer;
  readonly priorities: Pick<GroupPriorities, "created">;
}

export function createGroupCreator(options: GroupCreatorOptions): GroupCreator {
  const { scheduler, schedulerClock, random, prepare, priorities } = options;

  const finalizerOf = async (
    keyId: KeyId,
    { finalizer: spec, queue, priority }: GroupSpec,
    nowMs: number,
    trace: TraceHeaders,
  ): Promise<NewJob | undefined> => {
    if (spec === undefined) return undefined;
    spec.queue = queue;
    if (spec.priority === undefined && priority !== undefined) spec.priority = priority;
    await prepare(keyId, spec, nowMs);
    if (spec.traceparent === "") Object.assign(spec, trace);
    const id = newJobId(queue as QueueName, keyId, nowMs, random);
    return create(NewJobSchema, { id, spec, submitTime: timestampOf(nowMs) });
  };

  return async (keyId, { ...spec }, { signal, trace }) => {
    await schedulerClock.known();
    const nowMs = schedulerClock.nowMs();
    checkGroup(spec, nowMs);
    assertCallersQueue(spec.queue);
    const finalizer = await finalizerOf(keyId, spec, nowMs, trace);
    delete spec.finalizer;
    const id = newGroupId(spec.queue as QueueName, keyId, nowMs, random);
    const { group } = await scheduler.createGroup(
      {
        ...{ groupId: id, spec, createTime: timestampOf(nowMs) },
        ...(finalizer === undefined ? {} : { finalizer }),
      },
      { signal },
    );
    priorities.created(id, spec.priority);
    return create(GroupSchema, group);
  };
}
