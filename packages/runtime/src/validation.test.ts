import { create } from "@bufbuild/protobuf";
import { JobSpecSchema } from "@millrace/proto/job";
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
