import { create } from "@bufbuild/protobuf";
import { JobSpecSchema } from "@millrace/proto/job";
import { GetJobRequestSchema } from "@millrace/proto/job-service";
import { expect, test } from "vitest";
import { violationsOf } from "./validation.ts";

const fieldsAtFault = (queue: string) =>
  violationsOf(JobSpecSchema, create(JobSpecSchema, { queue, type: "summarize" })).map(
    ({ field }) => field,
  );

test.each(["d", "documents", "a-1", `d${"x".repeat(62)}`])("%j is a queue's name", (queue) => {
  expect(fieldsAtFault(queue)).toEqual([]);
});

test.each(["", "Documents", "1d", "döcuments", "documents\n", "\ndocuments", `d${"x".repeat(63)}`])(
  "%j is no queue's name",
  (queue) => {
    expect(fieldsAtFault(queue)).toEqual(["queue"]);
  },
);

test("what a pattern asks for is said in words", () => {
  const broken = violationsOf(GetJobRequestSchema, create(GetJobRequestSchema, { jobId: "nope" }));
  expect(broken).toEqual([
    {
      field: "job_id",
      description:
        "must be a job id, as submitting the job gave it: <queue>~<key id>~<26 characters>",
    },
  ]);
});
