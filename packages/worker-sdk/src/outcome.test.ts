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
