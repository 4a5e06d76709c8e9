import { create, type MessageShape } from "@bufbuild/protobuf";
import { SubmitJobsRequestSchema } from "@millrace/proto/job-service";
import { limits } from "@millrace/shared";

/** As many jobs as the contract allows in one message, each with every field that it may have. */
export function largestGroup(): MessageShape<typeof SubmitJobsRequestSchema> {
  const time = { seconds: 1n, nanos: 0 };
  const label = (_: unknown, at: number) => [`label${at}`, "x"];
  const job = {
    queue: "documents",
    type: "echo",
    payload: { case: "payloadJson" as const, value: "{}" },
    documentIds: Array<string>(limits.documentsPerJob).fill("doc_01JDXW5T5Q6M3C9N2V8K4H7R1B"),
    priority: 1,
    idempotencyKey: "x",
    pool: "gpu",
    estimatedTokens: 1,
    runAt: time,
    expiresAt: time,
    deadline: time,
    retry: { maxAttempts: 1, initialBackoff: time, maxBackoff: time },
    labels: Object.fromEntries(Array.from({ length: limits.labelsPerJob }, label)),
    traceparent: "x",
    tracestate: "x",
    deduplication: { key: "x", mode: { case: "throttle" as const, value: time } },
  };
  return create(SubmitJobsRequestSchema, { jobs: Array(limits.jobsPerSubmit).fill(job) });
}
