import { create } from "@bufbuild/protobuf";
import { SubmitResultSchema } from "@millrace/proto/job-service";
import { fromRpcStatus } from "@millrace/runtime";
import type { JobId } from "@millrace/shared";
import { expect, test } from "vitest";
import { type SubmissionOutcome, submitResult } from "./submit-result.ts";

const id = "documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R1B" as JobId;
const other = "documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R1C" as JobId;

const result = (outcome: SubmissionOutcome) =>
  create(SubmitResultSchema, submitResult(id, outcome));
const fault = (outcome: SubmissionOutcome) => {
  const { result: submitted } = result(outcome);
  return submitted.case === "error" ? fromRpcStatus(submitted.value) : undefined;
};

test("names an accepted job by its own id, and an existing one by the id it has", () => {
  expect(result({ kind: "accepted" })).toMatchObject({ result: { value: id }, existing: false });
  expect(result({ kind: "existing", jobId: other, state: "RUNNING" })).toMatchObject({
    result: { value: other },
    existing: true,
  });
});

test("names the job that has the key in a conflict", () => {
  expect(fault({ kind: "conflict", jobId: other })).toMatchObject({
    reason: "IDEMPOTENCY_CONFLICT",
    metadata: { job_id: other },
  });
});

test("says when to try again if the queue is full", () => {
  expect(fault({ kind: "depthFull", depth: 3, limit: 3 })).toMatchObject({
    reason: "DEPTH_FULL",
    retryDelayMs: 1_000,
  });
});

test("reports an unknown queue as not found", () => {
  expect(fault({ kind: "unknownQueue" })).toMatchObject({ reason: "QUEUE_NOT_FOUND" });
});

test("says when to try again if the store is full, and nothing of the store", () => {
  expect(fault({ kind: "storeFull" })).toMatchObject({
    ...{ reason: "STORE_FULL", retryDelayMs: 5_000, metadata: {} },
  });
});

test("says how much a key stores that stores too much, and when to try again", () => {
  expect(fault({ kind: "storedBytesFull", stored: 900, bytes: 200, limit: 1_000 })).toMatchObject({
    ...{ reason: "STORED_BYTES_FULL", retryDelayMs: 30_000 },
    message: expect.stringMatching(/900 bytes .* 200 more: .*1000/),
    metadata: { limit: "1000", stored: "900" },
  });
});

test("reports a priority that is not allowed with its field, its value and the limit", () => {
  expect(fault({ kind: "priorityNotAllowed", priority: 3, limit: 11 })).toMatchObject({
    ...{ reason: "PRIORITY_NOT_ALLOWED", retryDelayMs: undefined },
    message: expect.stringMatching(/priority 3 .*11/),
    metadata: { field: "priority", value: "3", limit: "11" },
  });
});

test.each([
  [{ kind: "unknownGroup" }, "GROUP_NOT_FOUND", {}],
  [{ kind: "groupClosed" }, "GROUP_CLOSED", {}],
  [{ kind: "groupFull", limit: 7 }, "GROUP_FULL", { limit: "7" }],
] as const)("says why a job could not join its group: %o", (outcome, reason, metadata) => {
  expect(fault(outcome)).toMatchObject({
    ...{ reason, metadata, retryDelayMs: undefined },
    message: expect.stringMatching(/^group_id: /),
  });
});
