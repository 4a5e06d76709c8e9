import type { JobEnd } from "@millrace/engine";
import { type KeyId, newJobId, type QueueName, systemRandom as random } from "@millrace/shared";
import { expect, test } from "vitest";
import { eventOf } from "./event.ts";
import { openAiEventOf } from "./openai-event.ts";

const keyId = "aaaa" as KeyId;
const subjectId = newJobId("documents" as QueueName, keyId, 1, random);

const entry = (change: Partial<JobEnd> = {}): JobEnd => ({
  ...{ kind: "job", entryId: "1-0", keyId, eventType: "job.succeeded", token: "1" },
  ...{ endedMs: 1_800_000_000_999, hasCallback: false, bytes: 0, subjectId, type: "responses" },
  ...{ attempt: 1, labels: { "openai.background": "true" } },
  ...change,
});

test.each([
  ["job.succeeded", undefined, "response.completed"],
  ["job.succeeded", "completed", "response.completed"],
  ["job.succeeded", "incomplete", "response.incomplete"],
  ["job.succeeded", "toString", "response.completed"],
  ["job.failed", "incomplete", "response.failed"],
  ["job.expired", undefined, "response.failed"],
  ["job.cancelled", undefined, "response.cancelled"],
])("%s (status %s) of a background response is %s", (eventType, status, type) => {
  const event = openAiEventOf(entry({ eventType }), status);
  expect(event).toMatchObject({ type, subjectId, keyId });
  expect(JSON.parse(event?.body(true) ?? "")).toEqual({
    ...{ id: event?.id, object: "event", type, created_at: 1_800_000_000 },
    data: { id: `resp_${subjectId}` },
  });
});

test.each([
  ["job.succeeded", "completed", "batch.completed"],
  ["job.succeeded", undefined, "batch.completed"],
  ["job.succeeded", "failed", "batch.failed"],
  ["job.succeeded", "expired", "batch.expired"],
  ["job.succeeded", "cancelled", "batch.cancelled"],
  ["job.failed", undefined, "batch.failed"],
  ["job.expired", undefined, "batch.expired"],
  ["job.cancelled", "completed", "batch.cancelled"],
])("%s (status %s) of a batch is %s", (eventType, status, type) => {
  const event = openAiEventOf(entry({ eventType, type: "batches", labels: {} }), status);
  expect(event).toMatchObject({ type, subjectId, keyId });
  expect(JSON.parse(event?.body(true) ?? "")).toEqual({
    ...{ id: event?.id, object: "event", type, created_at: 1_800_000_000 },
    data: { id: `batch_${subjectId}` },
  });
});

test("the same end has one id, and another one than the event of its job", () => {
  const event = openAiEventOf(entry(), undefined);
  expect(openAiEventOf(entry(), "incomplete")?.id).toBe(event?.id);
  expect(eventOf(entry()).id).not.toBe(event?.id);
  expect(openAiEventOf(entry({ token: "2" }), undefined)?.id).not.toBe(event?.id);
});

test.each([
  ["a response that its caller waited for", { labels: {} }],
  ["a job of another type", { type: "chat.completions" }],
  ["a line of a batch", { type: "chat.completions", labels: { "openai.batch": "true" } }],
  ["a dead letter", { eventType: "job.dead_lettered" }],
  ["the dead letter of a batch", { eventType: "job.dead_lettered", type: "batches" }],
])("%s has no such event", (_, change) => {
  expect(openAiEventOf(entry(change), undefined)).toBeUndefined();
});
