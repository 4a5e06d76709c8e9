import { defaultBackoff, type KeyId, newJobId, systemClock, systemRandom } from "@millrace/shared";
import { startRedis } from "@millrace/testing";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { type JobSpec, openEngine } from "../src/index.ts";
import { lease, queue } from "./setup.ts";

/** A cluster of one node: it refuses a script that touches keys of two slots, as larger ones do. */
async function setup() {
  const server = await startRedis({ args: ["--cluster-enabled", "yes"] });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const redis = new Redis(server.url);
  onTestFinished(() => redis.disconnect());
  await redis.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
  while (!String(await redis.call("CLUSTER", "INFO")).includes("cluster_state:ok"));
  const engine = await openEngine({
    redis: { url: server.url },
    clock: systemClock,
    random: systemRandom,
  });
  onTestFinished(() => engine.close());
  return { redis, engine };
}

test("every script stays in the slot of its shard, in all that it may do", async () => {
  const { engine, redis } = await setup();
  await engine.defineQueue({ name: queue, shards: 4, retainSucceededMs: 0, retainFailedMs: 0 });
  const nowMs = systemClock.nowMs();
  const failure = { reason: "NO", message: "no", retryable: true };
  const jobs = Array.from(
    { length: 200 },
    (_, i): JobSpec => ({
      id: newJobId(queue, `key${i % 10}` as KeyId, nowMs, systemRandom),
      ...{ type: "t", payloadJson: "{}", priority: (i % 100) + 1, maxAttempts: 3, labels: {} },
      ...{ backoff: defaultBackoff, documents: [], submittedAtMs: nowMs, retentionMs: 0 },
      ...(i % 5 === 0 ? { idempotencyKey: `${i}` } : {}),
      ...(i % 7 === 0 ? { pool: "gpu" } : {}),
      ...(i % 11 === 0 ? { runAtMs: nowMs + 1 } : {}),
      ...(i % 13 === 0 ? { expiresAtMs: nowMs - 1, deadlineMs: nowMs + 3_600_000 } : {}),
    }),
  );
  const submitted = await engine.submit(jobs);
  expect(new Set(submitted.map((outcome) => outcome.kind))).toEqual(new Set(["accepted"]));
  for (const { id } of jobs.slice(0, 20)) await engine.cancel(id, "enough");
  const first = await lease(engine, 50);
  await engine.append(first.map((l) => ({ ...l, chunks: [{ seq: 0, kind: "text", body: "x" }] })));
  await engine.settle(
    first.map((l) => ({ ...l, kind: "retry", delayMs: 0, failure, countsAttempt: true })),
  );
  await engine.reap(queue, 100);
  await engine.promote(queue, 100);
  for (
    let leases = await lease(engine, 300);
    leases.length > 0;
    leases = await lease(engine, 300)
  ) {
    await engine.renew(leases, 1_000);
    await engine.adopt(leases, 1_000, "w");
    await engine.settle(leases.map((l) => ({ ...l, kind: "complete", resultJson: "1" })));
  }
  await engine.readOutput(first[0]?.jobId ?? jobs[0]?.id ?? ("" as never), 0, 10, 10);
  await engine.listJobs({ keyId: "key1" as KeyId, queue, pageSize: 10 });
  await engine.pauseQueue(queue, true);
  await engine.pauseQueue(queue, false);
  const { succeeded, failed, ...rest } = await engine.stats(queue);
  expect(succeeded + failed).toBe(200);
  expect(rest).toEqual({ dead: 0, queued: 0, scheduled: 0, running: 0, lanes: 0, paused: false });
  while ((await engine.prune(queue, 100)).pruned > 0);
  expect(
    (await redis.keys("mr:{documents:*~*")).filter((key) => !key.includes("mr:idem:")),
  ).toEqual([]);
});
