import { create } from "@bufbuild/protobuf";
import { JobFailureSchema } from "@millrace/proto/job";
import { expect, test } from "vitest";
import { failureOf } from "./settlement.ts";

const read = (detailsJson: string) =>
  failureOf(create(JobFailureSchema, { reason: "BROKEN", message: "it broke", detailsJson }));

test("a failure keeps its details unchanged", () => {
  const detailsJson = '{ "big": 12345678901234567890 }';
  expect(read(detailsJson)).toEqual({
    ...{ reason: "BROKEN", message: "it broke", retryable: false, detailsJson },
  });
});

test.each([
  ["", "no text"],
  ["[1]", "a list"],
  ['"{}"', "a text"],
  ["null", "null"],
  ['{"a":', "broken JSON"],
  ["{} {}", "two objects"],
  [`{"a":"${"é".repeat(1_021)}"}`, "more than 2 KiB"],
])("details that are no JSON object of at most 2 KiB are left out: %s", (detailsJson) => {
  expect(read(detailsJson)).not.toHaveProperty("detailsJson");
});
