import { attributeNames, extractTrace, inSpan, spanNames } from "@millrace/telemetry";
import type { Executor } from "@millrace/worker-sdk";

/** Runs each attempt in a span of its job's trace. */
export const traced =
  (executor: Executor): Executor =>
  (job) => {
    const attributes = {
      [attributeNames.jobId]: job.jobId,
      [attributeNames.jobType]: job.type,
      [attributeNames.queue]: job.queue,
      [attributeNames.attempt]: job.attempt,
    };
    return inSpan(spanNames.attempt, { parent: extractTrace(job), attributes }, () =>
      executor(job),
    );
  };
