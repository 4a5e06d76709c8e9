import { expect, test } from "vitest";
import type { KeyId, QueueName } from "./ids.ts";
import {
  isDocumentId,
  isJobId,
  isKeyId,
  isQueueName,
  newDocumentId,
  newJobId,
  parseJobId,
  queueOf,
} from "./ids.ts";
import { systemRandom } from "./random.ts";

const queue = "documents" as QueueName;
const keyId = "k7f3q2m9" as KeyId;

test("a new job id contains its queue and key", () => {
  const id = newJobId(queue, keyId, 1_764_000_000_000, systemRandom);
  expect(parseJobId(id)).toMatchObject({ queue, keyId });
  expect(isJobId(id)).toBe(true);
  expect(queueOf(id)).toBe(queue);
});

test("a later job id sorts after an earlier one", () => {
  const ids = [1, 2, 3, 1_764_000_000_000].map((nowMs) =>
    newJobId(queue, keyId, nowMs, systemRandom),
  );
  expect([...ids].sort()).toEqual(ids);
});

test("job ids made in the same millisecond differ", () => {
  const ids = Array.from({ length: 1_000 }, () => newJobId(queue, keyId, 7, systemRandom));
  expect(new Set(ids).size).toBe(1_000);
});

test.each([
  "",
  "documents",
  "documents~k7f3q2m9",
  "documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R1",
  "documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R1BB",
  "documents~k7f3q2m9~81JDXW5T5Q6M3C9N2V8K4H7R1B",
  "documents~k7f3q2m9~01jdxw5t5q6m3c9n2v8k4h7r1b",
  "documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R1B~x",
  "Documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R1B",
  "documents~K7F3~01JDXW5T5Q6M3C9N2V8K4H7R1B",
  "documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R1B\n",
])("%j is not a job id", (text) => {
  expect(parseJobId(text)).toBeUndefined();
});

test("names have a lower and an upper bound", () => {
  expect(isQueueName("a")).toBe(true);
  expect(isQueueName(`a${"b".repeat(62)}`)).toBe(true);
  expect(isQueueName(`a${"b".repeat(63)}`)).toBe(false);
  expect(isQueueName("1a")).toBe(false);
  expect(isQueueName("a:b")).toBe(false);
  expect(isKeyId("abc")).toBe(false);
  expect(isKeyId("abcd")).toBe(true);
  expect(isKeyId("a".repeat(32))).toBe(true);
  expect(isKeyId("a".repeat(33))).toBe(false);
});

test("a document id never holds a path", () => {
  expect(isDocumentId(newDocumentId(5, systemRandom))).toBe(true);
  expect(isDocumentId("doc_../../etc/passwd")).toBe(false);
});
