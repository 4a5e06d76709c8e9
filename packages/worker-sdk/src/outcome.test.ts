import { toBinary } from "@bufbuild/protobuf";
import { durationMs } from "@bufbuild/protobuf/wkt";
import { FailedSchema } from "@millrace/proto/worker-service";
import { expect, test } from "vitest";
import { JobFailure } from "./index.ts";
import { failed } from "./outcome.ts";

test.each([
  [Number.NaN, undefined],
  [-5, 0],
  [Number.NEGATIVE_INFINITY, 0],
  [0, 0],
  [1.5, 2],
  [86_400_000, 86_400_000],
  [86_400_001, 86_400_000],
  // The delay until a date in the year 9999.
  [251_643_000_000_000, 86_400_000],
  [Number.POSITIVE_INFINITY, 86_400_000],
])("a retry delay of %d ms is reported as %s", (retryAfterMs, reported) => {
  const outcome = failed(new JobFailure("PROVIDER_ERROR", "429", true, { retryAfterMs }));
  if (outcome.case !== "failed") throw new Error("the outcome is not a failure");
  const { retryAfter } = outcome.value;
  expect(retryAfter && durationMs(retryAfter)).toBe(reported);
  expect(toBinary(FailedSchema, outcome.value).length).toBeGreaterThan(0);
});

const cyclic: { self?: object } = {};
cyclic.self = cyclic;

test.each([
  ["an object", { status: 500, answer: 'a "b"' }, '{"status":500,"answer":"a \\"b\\""}'],
  ["2 KiB", { a: "x".repeat(2_040) }, `{"a":"${"x".repeat(2_040)}"}`],
  ["more than 2 KiB", { a: "x".repeat(2_041) }, ""],
  ["what JSON cannot represent", cyclic, ""],
  ["half of a surrogate pair", { a: "\ud83d" }, '{"a":"\ufffd"}'],
  ["nothing", undefined, ""],
])("details of a failure: %s", (_, details, reported) => {
  const options = details === undefined ? {} : { details };
  const outcome = failed(new JobFailure("BROKEN", "it broke", true, options));
  expect(outcome.value).toMatchObject({ failure: { reason: "BROKEN", detailsJson: reported } });
});
