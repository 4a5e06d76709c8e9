import { create } from "@bufbuild/protobuf";
import { JobSchema, JobState } from "@millrace/proto/job";
import { expect, test } from "vitest";
import { jobJson } from "./job-json.ts";

test("payload and result are JSON themselves, digit for digit", () => {
  const payloadJson = '{"big":12345678901234567890, "a":"}"}';
  const text = jobJson(create(JobSchema, { id: "a", payloadJson, resultJson: "7" }));
  expect(text).toContain(`,"payload":${payloadJson},"result":7}`);
  expect(JSON.parse(text)).toMatchObject({ id: "a", payload: { a: "}" }, result: 7 });
  expect(text).not.toContain("payloadJson");
});

test("what is not there is left out, and what is at its default is not", () => {
  const job = JSON.parse(jobJson(create(JobSchema, { state: JobState.QUEUED })));
  expect(job).toMatchObject({ state: "JOB_STATE_QUEUED", attempt: 0, outputOffset: "0" });
  expect(Object.keys(job)).not.toContain("payload");
  expect(Object.keys(job)).not.toContain("error");
});
