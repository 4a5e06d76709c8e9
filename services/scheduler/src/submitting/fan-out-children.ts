import { create } from "@bufbuild/protobuf";
import type { JobRecord, JobSpec, RetryDefaults } from "@millrace/engine";
import { type JobSpec as JobSpecMessage, JobSpecSchema } from "@millrace/proto/job";
import { checkJob, type RpcErrorInit, RpcFault, rpcError } from "@millrace/runtime";
import { type GroupId, newJobId, parseJobId, type Random } from "@millrace/shared";
import { jobSpecOf } from "../messages/job-spec.ts";

export interface ChildrenOf {
  readonly parent: Pick<JobRecord, "id" | "priority" | "pool" | "model" | "labels">;
  readonly groupId: GroupId;
  /** The index of the first child, from 1. */
  readonly firstIndex: number;
  readonly defaultRetry: RetryDefaults;
  readonly nowMs: number;
  readonly random: Random;
}

/** Fields that would let a child be another job than the one that its index names. */
const notForChildren = [
  ["idempotencyKey", "idempotency_key"],
  ["deduplication", "deduplication"],
  ["groupId", "group_id"],
] as const;

/** Gateways check conditions, when callers submit. */
const conditionOf = ({ maxCostMicros, refuseLate }: JobSpecMessage) =>
  maxCostMicros === undefined ? (refuseLate ? "refuse_late" : undefined) : "max_cost_micros";

/**
 * Makes the jobs of a fan-out's children. They are of the parent's queue and API key, and have its priority, labels, and
 * pool or model unless they name their own. Throws MALFORMED or TOO_LARGE with the index of a child that breaks a rule.
 */
export function fanOutChildren(
  messages: readonly JobSpecMessage[],
  { parent, groupId, firstIndex, defaultRetry, nowMs, random }: ChildrenOf,
): JobSpec[] {
  const { queue, keyId } = parseJobId(parent.id) ?? {};
  if (queue === undefined || keyId === undefined) throw new Error(`${parent.id} is no job id`);
  return messages.map((message, at) => {
    const index = firstIndex + at;
    const spec = create(JobSpecSchema, {
      ...message,
      queue: message.queue === "" ? queue : message.queue,
      priority: message.priority ?? parent.priority,
      ...(message.pool === "" && message.model === ""
        ? { pool: parent.pool ?? "", model: parent.model ?? "" }
        : {}),
      labels: Object.keys(message.labels).length === 0 ? { ...parent.labels } : message.labels,
    });
    try {
      if (spec.queue !== queue) throw malformed("queue", `must be ${queue}, the queue of the job`);
      for (const [field, name] of notForChildren) {
        if (spec[field]) throw malformed(name, "must be left out: the index makes a child unique");
      }
      const condition = conditionOf(spec);
      if (condition !== undefined) {
        throw malformed(condition, "must be left out: children have no quote");
      }
      checkJob(spec, nowMs);
    } catch (error) {
      throw error instanceof RpcFault ? faultOfChild(error, index, at) : error;
    }
    const id = newJobId(queue, keyId, nowMs, random);
    return { ...jobSpecOf(id, spec, nowMs, defaultRetry), group: { id: groupId, index } };
  });
}

const malformed = (field: string, description: string): RpcFault =>
  rpcError({
    reason: "MALFORMED",
    message: `${field}: ${description}`,
    violations: [{ field, description }],
  });

/** Names the child that an error is about: by its index, and as a field of the request. */
export function errorOfChild(error: RpcErrorInit, index: number, at: number): RpcFault {
  return rpcError({
    ...error,
    message: `child ${index}: ${error.message}`,
    metadata: { ...error.metadata, index: String(index) },
    violations: (error.violations ?? []).map(({ field, description }) => ({
      field: `children[${at}].${field}`,
      description,
    })),
  });
}

function faultOfChild(fault: RpcFault, index: number, at: number): RpcFault {
  const { reason = "MALFORMED", message, metadata, violations } = fault;
  return errorOfChild({ reason, message, metadata, violations }, index, at);
}
