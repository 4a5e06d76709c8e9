import type { JobEnd } from "@millrace/engine";
import { type KeyId, newJobId, type QueueName, systemRandom as random } from "@millrace/shared";
import { expect, test } from "vitest";
import { eventOf } from "./event.ts";
import { responseEventOf } from "./response-event.ts";

const keyId = "aaaa" as KeyId;
const subjectId = newJobId("documents" as QueueName, keyId, 1, random);

const entry = (change: Partial<JobEnd> = {}): JobEnd => ({
  ...{ kind: "job", entryId: "1-0", keyId, eventType: "job.succeeded", token: "1" },
  ...{ endedMs: 1_800_000_000_999, hasCallback: false, bytes: 0, subjectId, type: "responses" },
  ...{ attempt: 1, labels: { "openai.background": "true" } },
  ...change,
});

test.each([
  ["job.succeeded", false, "response.completed"],
  ["job.succeeded", true, "response.incomplete"],
  ["job.failed", false, "response.failed"],
  ["job.expired", false, "response.failed"],
  ["job.cancelled", false, "response.cancelled"],
])("%s (incomplete: %s) of a background response is %s", (eventType, isIncomplete, type) => {
  const event = responseEventOf(entry({ eventType }), isIncomplete);
  expect(event).toMatchObject({ type, subjectId, keyId });
  expect(JSON.parse(event?.body(true) ?? "")).toEqual({
    ...{ id: event?.id, object: "event", type, created_at: 1_800_000_000 },
    data: { id: `resp_${subjectId}` },
  });
});

test("the same end has one id, and another one than the event of its job", () => {
  const event = responseEventOf(entry(), false);
  expect(responseEventOf(entry(), true)?.id).toBe(event?.id);
  expect(eventOf(entry()).id).not.toBe(event?.id);
  expect(responseEventOf(entry({ token: "2" }), false)?.id).not.toBe(event?.id);
});

test.each([
  ["a response that its caller waited for", { labels: {} }],
  ["a job of another type", { type: "chat.completions" }],
  ["a dead letter", { eventType: "job.dead_lettered" }],
])("%s has no such event", (_, change) => {
  expect(responseEventOf(entry(change), false)).toBeUndefined();
});
