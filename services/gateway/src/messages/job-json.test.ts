import { create } from "@bufbuild/protobuf";
import { JobSchema, JobState } from "@millrace/proto/job";
import { expect, test } from "vitest";
import { jobJson } from "./job-json.ts";

test("embeds payload and result as JSON, digit for digit", () => {
  const payloadJson = '{"big":12345678901234567890, "a":"}"}';
  const text = jobJson(create(JobSchema, { id: "a", payloadJson, resultJson: "7" }));
  expect(text).toContain(`,"payload":${payloadJson},"result":7}`);
  expect(JSON.parse(text)).toMatchObject({ id: "a", payload: { a: "}" }, result: 7 });
  expect(text).not.toContain("payloadJson");
});

test("leaves out missing fields, and keeps fields with their default", () => {
  const job = JSON.parse(jobJson(create(JobSchema, { state: JobState.QUEUED })));
  expect(job).toMatchObject({ state: "JOB_STATE_QUEUED", attempt: 0, outputOffset: "0" });
  expect(Object.keys(job)).not.toContain("payload");
  expect(Object.keys(job)).not.toContain("failure");
});
