import { create } from "@bufbuild/protobuf";
import { JobSchema, JobState } from "@millrace/proto/job";
import { expect, test } from "vitest";
import { errorOfJob } from "./job-error.ts";

const failed = (reason: string, details: object = {}) =>
  create(JobSchema, {
    state: JobState.FAILED,
    failure: { reason, message: "why", detailsJson: JSON.stringify(details) },
  });

test.each([
  ["PROVIDER_BAD_REQUEST", 400, "provider_bad_request"],
  ["PROVIDER_QUOTA", 429, "insufficient_quota"],
  ["PROVIDER_UNAUTHENTICATED", 502, "provider_unauthenticated"],
  ["CONTEXT_EXCEEDED", 400, "context_length_exceeded"],
  ["ANSWER_FILTERED", 400, "content_filter"],
  ["SOMETHING_ELSE", 500, "something_else"],
])("a job that fails with %s answers %i and %s, and is not tried again", (reason, status, code) => {
  expect(errorOfJob(failed(reason))).toMatchObject({ status, code, message: "why", retry: false });
});

test("the provider's own error is passed on, with a status that is about the request", () => {
  const error = { message: "no", type: "invalid_request_error", param: "seed", code: "bad_seed" };
  expect(errorOfJob(failed("PROVIDER_BAD_REQUEST", { status: 422, error }))).toMatchObject({
    ...{ status: 422, ...error },
  });
  // The account is the operator's.
  expect(errorOfJob(failed("PROVIDER_UNAUTHENTICATED", { status: 401, error })).status).toBe(502);
  expect(errorOfJob(failed("PROVIDER_BAD_REQUEST", { status: 204, error })).status).toBe(400);
});

test("a cancelled job and a late one have codes of their own", () => {
  const ended = (state: JobState) => errorOfJob(create(JobSchema, { state }));
  expect(ended(JobState.CANCELLED)).toMatchObject({ status: 409, code: "job_cancelled" });
  expect(ended(JobState.EXPIRED)).toMatchObject({ status: 408, code: "deadline_exceeded" });
});
