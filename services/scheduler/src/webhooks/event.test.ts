import type { JobEnd } from "@millrace/engine";
import {
  type KeyId,
  newJobId,
  type QueueName,
  systemRandom as random,
  WEBHOOK_BODY_BYTES,
} from "@millrace/shared";
import { expect, test } from "vitest";
import { eventOf } from "./event.ts";

const queue = "documents" as QueueName;
const keyId = "aaaa" as KeyId;
const failure = { reason: "BAD", message: "it broke", retryable: false };

test("no body has more than 20,000 bytes: the result goes first, then labels, then the end of the message", async () => {
  const labels = Object.fromEntries(
    Array.from({ length: 16 }, (_, n) => [`label${n}`, "é".repeat(255)]),
  );
  const entry: JobEnd = {
    kind: "job",
    ...{ entryId: "1-0", keyId, eventType: "job.succeeded", token: "1", endedMs: 1 },
    ...{
      hasCallback: false,
      bytes: 0,
      subjectId: newJobId(queue, keyId, 1, random),
      type: "t",
      attempt: 1,
    },
    labels,
  };
  const event = (change: Partial<JobEnd>) => eventOf({ ...entry, ...change });
  const sizes = (body: string) => Buffer.byteLength(body);
  const fits = event({ resultJson: JSON.stringify("x".repeat(10_000)) }).body(true);
  expect(JSON.parse(fits).data).toMatchObject({ result: "x".repeat(10_000), labels });
  const large = event({ resultJson: JSON.stringify("x".repeat(15_000)) }).body(true);
  expect(JSON.parse(large).data).not.toHaveProperty("result");
  expect(JSON.parse(large).data).toMatchObject({ labels });
  const bad = {
    eventType: "job.failed",
    failureJson: JSON.stringify({ ...failure, message: "é".repeat(7_000) }),
  };
  const unlabelled = JSON.parse(event(bad).body(false)).data;
  expect(unlabelled).not.toHaveProperty("labels");
  expect(unlabelled.failure.message).toHaveLength(7_000);
  const long = { ...bad, failureJson: JSON.stringify({ ...failure, message: "é".repeat(30_000) }) };
  expect(JSON.parse(event(long).body(false)).data.failure.message).toHaveLength(1_000);
  for (const body of [fits, large, event(bad).body(false), event(long).body(false)]) {
    expect(sizes(body)).toBeLessThanOrEqual(WEBHOOK_BODY_BYTES);
  }
});
