import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { JobSpecSchema, type RetryPolicySchema } from "@millrace/proto/job";
import { defaultBackoff, type JobId } from "@millrace/shared";
import { expect, test } from "vitest";
import { jobSpecOf } from "./job-spec.ts";

const id = "documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R1B" as JobId;

const defaultRetry = { maxAttempts: 7, initialBackoffMs: 10, maxBackoffMs: 1_000 };
const spec = (init: MessageInitShape<typeof JobSpecSchema> = {}) => {
  const message = create(JobSpecSchema, { queue: "documents", type: "summarize", ...init });
  return jobSpecOf(id, message, 1_000, defaultRetry);
};

test("gives each field that is left out its default, and adds no other", () => {
  expect(spec()).toEqual({
    id,
    type: "summarize",
    payloadJson: "{}",
    priority: 50,
    maxAttempts: 7,
    backoff: { ...defaultBackoff, initialMs: 10, maxMs: 1_000 },
    labels: {},
    submittedAtMs: 1_000,
  });
});

test("keeps JSON text as it is, and turns structured data into JSON text", () => {
  expect(spec({ payload: { case: "payloadJson", value: '{ "a":1 }' } }).payloadJson).toBe(
    '{ "a":1 }',
  );
  expect(spec({ payload: { case: "payloadStruct", value: { a: 1 } } }).payloadJson).toBe('{"a":1}');
});

test("estimates the tokens of a relayed request from its payload, unless its caller has", () => {
  const payload = {
    case: "payloadJson",
    value: '{"input":"How?","max_output_tokens":50}',
  } as const;
  expect(spec({ type: "responses", payload }).estimatedTokens).toBeGreaterThan(50);
  expect(spec({ type: "responses", payload, estimatedTokens: 7 }).estimatedTokens).toBe(7);
  expect(spec({ type: "chat", payload })).not.toHaveProperty("estimatedTokens");
});

test("keeps given times, attempts and backoff", () => {
  const given = spec({
    runAt: timestampFromMs(2_000),
    expiresAt: timestampFromMs(3_000),
    deadline: timestampFromMs(4_000),
    retry: { maxAttempts: 1, initialBackoff: durationFromMs(0), maxBackoff: durationFromMs(9) },
  });
  expect(given).toMatchObject({ runAtMs: 2_000, expiresAtMs: 3_000, deadlineMs: 4_000 });
  expect(given).toMatchObject({ maxAttempts: 1, backoff: { initialMs: 0, maxMs: 9 } });
});

test("fills a retry policy from the queue's, and cuts no backoff that was asked for", () => {
  const backoffOf = (retry: MessageInitShape<typeof RetryPolicySchema>) => spec({ retry }).backoff;
  expect(spec({ retry: { maxAttempts: 2 } })).toMatchObject({
    ...{ maxAttempts: 2, backoff: { initialMs: 10, maxMs: 1_000 } },
  });
  expect(backoffOf({ initialBackoff: durationFromMs(1_000) })).toMatchObject({ maxMs: 1_000 });
  expect(backoffOf({ initialBackoff: durationFromMs(1_001) })).toMatchObject({ maxMs: 1_001 });
  expect(backoffOf({ maxBackoff: durationFromMs(5) })).toMatchObject({ initialMs: 10, maxMs: 5 });
});

test("hashes type, input and documents as content, and not the priority", () => {
  const hash = (init: MessageInitShape<typeof JobSpecSchema>) =>
    spec({ idempotencyKey: "once", ...init }).contentHash;
  expect(hash({ priority: 1 })).toBe(hash({ priority: 2 }));
  expect(hash({ type: "translate" })).not.toBe(hash({}));
  expect(hash({ payload: { case: "payloadJson", value: '{"a":1}' } })).not.toBe(hash({}));
  expect(hash({ documentIds: ["doc_01JDXW5T5Q6M3C9N2V8K4H7R1B"] })).not.toBe(hash({}));
});
