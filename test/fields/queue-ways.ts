/** Proves queues and their counts, as operators define and see them. */
import { create, fromJson, type JsonObject, type MessageShape } from "@bufbuild/protobuf";
import { durationMs } from "@bufbuild/protobuf/wkt";
import {
  ListQueuesResponseSchema,
  PauseQueueResponseSchema,
  PutQueueRequestSchema,
  PutQueueResponseSchema,
  type Queue,
  QueueSchema,
  QueueStatusSchema,
  ResumeQueueResponseSchema,
} from "@millrace/proto/admin-service";
import { GetQueueResponseSchema } from "@millrace/proto/scheduler-service";
import { expect } from "vitest";
import { completed, failed, RawWorker } from "../faults/raw-worker.ts";
import { anyText } from "./expected-job.ts";
import { filled } from "./fill.ts";
import { filledSpec, type SpecChoice } from "./specs.ts";
import type { World } from "./world.ts";

/** Proves a queue in which every setting differs from its default, with a different number of jobs in each state. */
export async function proveQueues(world: World, choice: SpecChoice): Promise<void> {
  const { ledger, admin, scheduler } = world;
  const { queue: wanted } = filled(PutQueueRequestSchema, {
    set: {
      "queue.shards": 2,
      "queue.types": [choice.type, "other"],
      "queue.max_stalls": 50,
      "queue.max_priority": 2,
    },
  });
  const queue = wanted as Queue;
  const put = await admin.putQueue({ queue, etag: "none" });
  const expected = queue as never;
  ledger.compare("PutQueue response", PutQueueResponseSchema, put, {
    queue: expected,
    etag: anyText,
  });
  await expect(admin.putQueue({ queue, etag: "none" })).rejects.toMatchObject({
    reason: "CHANGED_MEANWHILE",
  });
  ledger.prove("PutQueue request", "queue", "etag");
  const known = await scheduler.getQueue({ name: queue.name });
  ledger.compare("GetQueue response", GetQueueResponseSchema, known, {
    name: queue.name,
    types: queue.types,
  });
  ledger.prove("GetQueue request", "name");

  await fillStates(world, { ...choice, queue: queue.name });
  const stats = { queued: 5n, scheduled: 4n, running: 3n, succeeded: 2n, failed: 7n, dead: 1n };
  const status = { queue: expected, stats, etag: anyText };
  const paused = await admin.pauseQueue({ name: queue.name });
  const isPaused = { ...status, paused: true };
  ledger.compare("PauseQueue response", PauseQueueResponseSchema, paused, { queue: isPaused });
  ledger.prove("PauseQueue request", "name");
  const { queues } = await admin.listQueues({});
  const own = queues.filter((one) => one.queue?.name === queue.name);
  const listed = create(ListQueuesResponseSchema, { queues: own });
  ledger.compare("ListQueues response", ListQueuesResponseSchema, listed, { queues: [isPaused] });
  for await (const line of world.cliLines("queues", "list")) {
    const one = fromJson(QueueStatusSchema, line as JsonObject);
    if (one.queue?.name !== queue.name) continue;
    ledger.compare("millrace queues list", QueueStatusSchema, one, isPaused);
  }
  const resumed = await admin.resumeQueue({ name: queue.name });
  ledger.compare("ResumeQueue response", ResumeQueueResponseSchema, resumed, { queue: status });
  ledger.prove("ResumeQueue request", "name");

  const flagged = filled(QueueSchema, { set: { shards: 3, max_priority: 4 } });
  const [line] = await Array.fromAsync(
    world.cliLines("queues", "put", flagged.name, ...flagsOf(flagged)),
  );
  const made = fromJson(QueueSchema, line as JsonObject);
  ledger.compare("millrace queues put", QueueSchema, made, flagged as never);
}

function flagsOf(queue: MessageShape<typeof QueueSchema>): string[] {
  const ms = (duration: Queue["retainFailed"]) => `${duration ? durationMs(duration) : ""}ms`;
  const { bandWeights, defaultRetry } = queue;
  return Object.entries({
    shards: queue.shards,
    types: queue.types.join(","),
    "max-depth-per-key": queue.maxDepthPerKey,
    "max-priority": queue.maxPriority,
    "max-stalls": queue.maxStalls,
    "retain-succeeded": ms(queue.retainSucceeded),
    "retain-failed": ms(queue.retainFailed),
    "retain-dead-letters": ms(queue.retainDeadLetters),
    "retain-count": queue.retainCount,
    "band-weights": `${bandWeights?.interactive}:${bandWeights?.standard}:${bandWeights?.batch}`,
    "max-attempts": defaultRetry?.maxAttempts,
    "initial-backoff": ms(defaultRetry?.initialBackoff),
    "max-backoff": ms(defaultRetry?.maxBackoff),
    "max-bounces": queue.maxBounces,
    "default-estimated-tokens": queue.defaultEstimatedTokens,
  }).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
}

/** Brings jobs into all states: 2 succeed, 1 fails, 6 are cancelled, 3 run, 5 wait for a worker and 4 for a time. */
async function fillStates(world: World, choice: SpecChoice): Promise<void> {
  const { jobs } = world;
  const submit = async (skip: readonly string[]) => {
    const spec = { ...filledSpec({ ...choice, skip }), pool: "", priority: 50 };
    return String((await jobs.submitJob({ job: spec })).job?.id);
  };
  const runnable = ["run_at", "deduplication", "expires_at", "deadline"];
  const worker = new RawWorker(world.workers);
  await worker.hello(choice.queue, { credit: 6 });
  for (let index = 0; index < 6; index += 1) await submit(runnable);
  for (let index = 0; index < 6; index += 1) {
    const { lease } = await worker.take();
    if (index < 2) await worker.settle(lease, completed({}));
    else if (index === 2) await worker.settle(lease, failed("NO", false));
  }
  for (let index = 0; index < 5; index += 1) await submit(runnable);
  for (let index = 0; index < 4; index += 1) await submit(["deduplication"]);
  for (let index = 0; index < 6; index += 1) {
    await jobs.cancelJob({ jobId: await submit(["deduplication"]) });
  }
}
