import type { JobId, KeyId, QueueName } from "@millrace/shared";
import { expect, test } from "vitest";
import {
  isRootPrefix,
  keyOfJob,
  shardAt,
  shardIndex,
  signalChannel,
  signalPattern,
} from "./keys.ts";

const queue = "documents" as QueueName;

test("all keys of a shard share one hash tag that no other shard has", () => {
  const shard = shardAt("mr", queue, 3);
  expect(shard.base).toBe("mr:{documents:3}:documents:");
  expect(shard.base).toBe(`${shard.prefix}:${queue}:`);
});

test("a key's shard never changes, and keys spread evenly", () => {
  expect(shardIndex("k7f3q2m9", 64)).toBe(9);
  const counts = new Array<number>(8).fill(0);
  for (let i = 0; i < 8_000; i += 1) {
    const index = shardIndex(`key${i}`, 8);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(900);
  expect(Math.max(...counts)).toBeLessThan(1_100);
});

test("a job id names its key", () => {
  expect(keyOfJob("documents~k7f3~01JDXW5T5Q6M3C9N2V8K4H7R1B" as JobId)).toBe("k7f3" as KeyId);
});

test("the signal pattern is the channel of every shard", () => {
  const channel = signalChannel(shardAt("mr", queue, 12));
  expect(channel).toBe(signalPattern("mr", queue).replace("*", "12"));
});

test.each(["", "a b", "a{b}", "a*", "x".repeat(65)])("%j is not a valid root prefix", (text) => {
  expect(isRootPrefix(text)).toBe(false);
});
