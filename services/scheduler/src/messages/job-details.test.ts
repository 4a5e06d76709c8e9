import { create } from "@bufbuild/protobuf";
import { JobSchema, JobSpecSchema } from "@millrace/proto/job";
import { AssignmentSchema } from "@millrace/proto/worker-service";
import { expect, test } from "vitest";
import { detailsOf, fromDetails } from "./job-details.ts";

const spec = create(JobSpecSchema, {
  ...{ queue: "q", type: "echo", labels: { a: "b" }, priority: 3, traceparent: "00-1-2-01" },
  ...{ documentIds: ["doc_1", "doc_2"], tracestate: "vendor=1" },
});

test("keeps fields that the engine does not decide by as one text, and returns them in each message that has them", () => {
  const details = detailsOf(spec);
  expect(details).toBe('{"documentIds":["doc_1","doc_2"],"tracestate":"vendor=1"}');
  const documentIds = ["doc_1", "doc_2"];
  expect(fromDetails(AssignmentSchema, details)).toEqual({ documentIds, tracestate: "vendor=1" });
  expect(fromDetails(JobSchema, details)).toEqual({ documentIds });
});

test("writes no details for a job without any", () => {
  expect(detailsOf(create(JobSpecSchema, { ...spec, documentIds: [], tracestate: "" }))).toBe(
    undefined,
  );
  expect(fromDetails(JobSchema, undefined)).toEqual({});
});

test("reads the known fields from details of a later version", () => {
  expect(fromDetails(JobSchema, '{"documentIds":["doc_1"],"someday":1}')).toEqual({
    documentIds: ["doc_1"],
  });
});
