import { durationMs, type Timestamp } from "@bufbuild/protobuf/wkt";
import type { JobSpec, RetryDefaults } from "@millrace/engine";
import type { JobSpec as JobSpecMessage } from "@millrace/proto/job";
import { timeMs } from "@millrace/runtime";
import { type GroupId, type JobId, limits, relayedTokens } from "@millrace/shared";
import { contentHash, formerContentHash, type ReadPayload } from "./content-hash.ts";
import { detailsOf } from "./job-details.ts";
import { jobRetryOf } from "./retry-message.ts";

/**
 * A submitted job as the engine takes it, with defaults for fields that are left out. `payload` is the parsed payload,
 * if it was parsed before.
 */
export function jobSpecOf(
  id: JobId,
  spec: JobSpecMessage,
  submittedAtMs: number,
  defaultRetry: RetryDefaults,
  payload?: ReadPayload,
): JobSpec {
  const details = detailsOf(spec);
  return {
    id,
    type: spec.type,
    payloadJson: payloadJson(spec),
    priority: spec.priority ?? limits.priority.default,
    ...jobRetryOf(spec.retry, defaultRetry),
    ...timeOf("runAtMs", spec.runAt),
    ...timeOf("expiresAtMs", spec.expiresAt),
    ...timeOf("deadlineMs", spec.deadline),
    ...(spec.idempotencyKey === "" ? {} : idempotencyOf(spec, payload)),
    ...(spec.pool === "" ? {} : { pool: spec.pool }),
    ...(spec.model === "" ? {} : { model: spec.model }),
    ...estimateOf(spec),
    ...deduplicationOf(spec),
    ...(spec.groupId === "" ? {} : { group: { id: spec.groupId as GroupId } }),
    labels: spec.labels,
    ...(spec.traceparent === "" ? {} : { traceparent: spec.traceparent }),
    ...(details === undefined ? {} : { details }),
    ...callbackOf(spec),
    submittedAtMs,
  };
}

function estimateOf(spec: JobSpecMessage): Pick<JobSpec, "estimatedTokens"> {
  const estimatedTokens = spec.estimatedTokens || relayedTokens(spec.type, payloadJson(spec));
  return estimatedTokens === undefined ? {} : { estimatedTokens };
}

function payloadJson({ payload }: JobSpecMessage): string {
  if (payload.case === "payloadJson") return payload.value === "" ? "{}" : payload.value;
  return JSON.stringify(payload.value ?? {});
}

/** Whether the job's end is recorded, and its result too. Where it is sent is one of the details. */
function callbackOf({ callback }: JobSpecMessage): Pick<JobSpec, "callback"> {
  return callback === undefined ? {} : { callback: callback.includeResult ? "result" : "end" };
}

function deduplicationOf({ deduplication }: JobSpecMessage): Pick<JobSpec, "deduplication"> {
  const { key = "", mode } = deduplication ?? {};
  if (mode?.value === undefined) return {};
  return { deduplication: { key, mode: mode.case, windowMs: durationMs(mode.value) } };
}

function idempotencyOf(spec: JobSpecMessage, payload: ReadPayload | undefined) {
  const { idempotencyKey, type, documentIds } = spec;
  const content = { type, documentIds, payloadJson: payloadJson(spec), payload };
  return {
    idempotencyKey,
    contentHash: contentHash(content),
    formerContentHash: formerContentHash(content),
  };
}

const timeOf = <Name extends string>(
  name: Name,
  time: Timestamp | undefined,
): Partial<Record<Name, number>> =>
  time === undefined ? {} : ({ [name]: timeMs(time) } as Record<Name, number>);
