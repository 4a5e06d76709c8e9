import type { MessageInitShape } from "@bufbuild/protobuf";
import type { JobRecord } from "@millrace/engine";
import { JobSchema, JobState as JobStateMessage } from "@millrace/proto/job";
import { timestampOf } from "@millrace/runtime";
import { queueOf } from "@millrace/shared";
import { traceIdOfParent } from "@millrace/telemetry";
import { fromDetails } from "./job-details.ts";
import { usageMessage } from "./usage-message.ts";

/** A stored job as its callers see it. */
export function jobMessage(job: JobRecord): MessageInitShape<typeof JobSchema> {
  const runAtMs = job.nextRunAtMs;
  // Schedulers' measurements of Redis' time differ by milliseconds, so the times of one job are put in order here.
  const startedAtMs = notBefore(job.submittedAtMs, job.startedAtMs);
  const finishedAtMs = notBefore(startedAtMs ?? job.submittedAtMs, job.finishedAtMs);
  return {
    id: job.id,
    queue: queueOf(job.id),
    type: job.type,
    state: JobStateMessage[job.state],
    priority: job.priority,
    attempt: job.attempt,
    maxAttempts: job.maxAttempts,
    payloadJson: job.payloadJson,
    ...fromDetails(JobSchema, job.details),
    labels: { ...job.labels },
    idempotencyKey: job.idempotencyKey ?? "",
    pool: job.pool ?? "",
    model: job.model ?? "",
    ...(job.route === undefined
      ? {}
      : { route: { account: job.route.account, model: job.route.model } }),
    estimatedTokens: job.estimatedTokens ?? 0,
    submitTime: timestampOf(job.submittedAtMs),
    ...(startedAtMs === undefined ? {} : { startTime: timestampOf(startedAtMs) }),
    ...(finishedAtMs === undefined ? {} : { finishTime: timestampOf(finishedAtMs) }),
    ...(runAtMs === undefined ? {} : { runAt: timestampOf(runAtMs) }),
    ...(job.expiresAtMs === undefined ? {} : { expiresAt: timestampOf(job.expiresAtMs) }),
    ...(job.deadlineMs === undefined ? {} : { deadline: timestampOf(job.deadlineMs) }),
    resultJson: job.resultJson ?? "",
    ...(job.failure === undefined ? {} : { failure: { ...job.failure } }),
    ...(job.usage === undefined ? {} : { usage: usageMessage(job.usage) }),
    outputOffset: BigInt(job.output.nextOffset),
    cancelRequested: job.cancelRequested,
    stalls: job.stalls,
    bounces: job.bounces,
    redrivenFrom: job.redrivenFrom ?? "",
    groupId: job.group?.id ?? "",
    childGroupIds: [...(job.childGroups ?? [])],
    traceId: traceIdOfParent(job.traceparent),
  };
}

const notBefore = (earliestMs: number, timeMs: number | undefined): number | undefined =>
  timeMs !== undefined && timeMs < earliestMs ? earliestMs : timeMs;
