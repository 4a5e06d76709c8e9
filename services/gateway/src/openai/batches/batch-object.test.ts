import { create } from "@bufbuild/protobuf";
import { GroupSchema, GroupState } from "@millrace/proto/group";
import { JobSchema, JobState } from "@millrace/proto/job";
import { timestampOf } from "@millrace/runtime";
import { expect, test } from "vitest";
import { batchObject, statusOf } from "./batch-object.ts";

const { QUEUED, RUNNING, WAITING, SUCCEEDED, FAILED, CANCELLED, EXPIRED } = JobState;
const group = (state: GroupState, cancelReason = "") => ({ state, cancelReason });

test.each([
  ["validating", QUEUED, undefined],
  ["validating", RUNNING, undefined],
  ["in_progress", RUNNING, group(GroupState.OPEN)],
  ["in_progress", WAITING, group(GroupState.RUNNING)],
  ["cancelling", WAITING, group(GroupState.RUNNING, "why")],
  ["cancelling", RUNNING, group(GroupState.CANCELLED, "why")],
  ["finalizing", QUEUED, group(GroupState.SUCCEEDED)],
  ["finalizing", RUNNING, group(GroupState.FAILED)],
  ["failed", FAILED, group(GroupState.FAILED)],
  ["cancelled", CANCELLED, undefined],
  ["expired", EXPIRED, undefined],
] as const)("is %s if the job is %i and the group %j", (status, state, of) => {
  expect(statusOf({ state, cancelRequested: false }, of, undefined)).toBe(status);
});

test("what the job came to is in its result", () => {
  const of = group(GroupState.FAILED);
  const job = { state: SUCCEEDED, cancelRequested: false };
  expect(statusOf(job, of, { status: "expired" })).toBe("expired");
  expect(statusOf({ state: RUNNING, cancelRequested: true }, undefined, undefined)).toBe(
    "cancelling",
  );
});

test("a job that failed says why, and when it would have expired", () => {
  const submittedMs = 1_732_000_000_000;
  const job = create(JobSchema, {
    id: "documents~aaaa~01JD0T0Z80000000000000000Z",
    state: FAILED,
    submitTime: timestampOf(submittedMs),
    finishTime: timestampOf(submittedMs + 5_999),
    failure: { reason: "STORED_BYTES_FULL", message: "no room" },
    payloadJson: JSON.stringify({
      ...{ input_file_id: "doc_01JDXW5T5Q6M3C9N2V8K4H7R1B", endpoint: "/v1/responses" },
      ...{ completion_window: "24h", expires_after_ms: 86_400_000, priority: 75 },
    }),
  });
  const batch = batchObject(
    job,
    create(GroupSchema, { state: GroupState.CANCELLED, progress: { total: 9, succeeded: 4 } }),
  );
  expect(batch).toMatchObject({
    ...{ id: `batch_${job.id}`, status: "failed", created_at: 1_732_000_000 },
    ...{ failed_at: 1_732_000_005, completed_at: null, output_file_id: null },
    errors: { object: "list", data: [{ code: "stored_bytes_full", message: "no room" }] },
    request_counts: { total: 9, completed: 4, failed: 0 },
  });
  expect(batch.expires_at).toBeGreaterThan(1_700_000_000);
});
