import { type JobSpec, openEngine } from "@millrace/engine";
import {
  defaultBackoff,
  type KeyId,
  newJobId,
  type QueueName,
  systemClock,
} from "@millrace/shared";
import { createMetrics } from "@millrace/telemetry";
import { ManualClock, redisForTests, seededRandom } from "@millrace/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { startQueueGauges } from "../src/loops/queue-gauges.ts";
import { observerKnowledge } from "../src/observing/job-observer.ts";

const queue = "documents" as QueueName;
const keyId = "aaaa" as KeyId;
const pool = "openai/m";
const leaseMs = 30_000;

/** A scheduler's loop on a real Redis. `round` advances the clock, and resolves after the next reading. */
async function setup() {
  const { url, rootPrefix } = await redisForTests();
  const clock = new ManualClock();
  const random = seededRandom(1);
  // Only the loop waits on the clock.
  const engineClock = { nowMs: () => clock.nowMs(), after: systemClock.after };
  const engine = await openEngine({ redis: { url }, rootPrefix, clock: engineClock, random });
  onTestFinished(() => engine.close());
  await engine.defineQueue({ name: queue, types: ["summarize", "chat"] });
  const metrics = createMetrics("scheduler");
  const knowledge = observerKnowledge(metrics);
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  let running: ReturnType<typeof startQueueGauges> | undefined;
  onTestFinished(() => running?.close());
  const round = async (ms = 0) => {
    const options = { clock, everyMs: 5_000, onError };
    if (running === undefined) {
      running = startQueueGauges({ engine, metrics, ...knowledge }, options);
    } else clock.advance(ms);
    await vi.waitFor(() => expect(clock.pending).toBe(1), { timeout: 20_000 });
    expect(errors).toEqual([]);
  };
  const submit = (...changes: Partial<JobSpec>[]) =>
    engine.submit(
      changes.map((change) => ({
        ...{ id: newJobId(queue, keyId, clock.nowMs(), random), type: "chat", payloadJson: "{}" },
        ...{ priority: 50, maxAttempts: 3, backoff: defaultBackoff, labels: {} },
        ...{ submittedAtMs: clock.nowMs(), ...change },
      })),
    );
  const lease = (count: number) =>
    engine.lease({ queue, count, leaseMs, workerId: "w1", pools: [pool] });
  /** The lines of a metric that are not 0, without the label of the queue. */
  const shown = async (name: string) =>
    (await metrics.registry.metrics())
      .split("\n")
      .filter((line) => line.startsWith(`${name}{`) && !line.endsWith(" 0"))
      .map((line) => line.slice(name.length).replace(`queue="${queue}",`, ""));
  return { engine, clock, metrics, knowledge, round, submit, lease, shown };
}

test("shows queued jobs by pool, what holds them, and for how long", async () => {
  const { engine, round, submit, lease, shown } = await setup();
  await engine.keyBudgets.set(keyId, { maxRunning: 1 });
  await submit({}, { pool }, { priority: 60 });
  await lease(3);
  await round();
  expect(await shown("millrace_queue_length")).toEqual([
    '{state="running",pool=""} 1',
    '{state="queued",pool=""} 1',
    '{state="queued",pool="other"} 1'.replace("other", pool),
  ]);
  expect(await shown("millrace_jobs_held")).toEqual(['{constraint="KEY_CONCURRENCY"} 2']);
  expect(await shown("millrace_oldest_waiting_seconds")).toEqual([]);
  expect(await shown("millrace_waited_seconds_total")).toEqual([]);
  await round(5_000);
  expect(await shown("millrace_oldest_waiting_seconds")).toEqual([
    '{band="standard",limited="yes"} 5',
    '{band="batch",limited="yes"} 5',
  ]);
  expect(await shown("millrace_waited_seconds_total")).toEqual([
    '{constraint="KEY_CONCURRENCY"} 10',
  ]);
  await engine.keyBudgets.set(keyId, undefined);
  await engine.pauseQueue(queue, true);
  await round(5_000);
  expect(await shown("millrace_jobs_held")).toEqual(['{constraint="QUEUE_PAUSED"} 2']);
  expect(await shown("millrace_waited_seconds_total")).toEqual([
    '{constraint="QUEUE_PAUSED"} 10',
    '{constraint="KEY_CONCURRENCY"} 10',
  ]);
});

test("shows the state of each account, and forgets a deleted one; its cool-downs are counted from 0", async () => {
  const { engine, metrics, round, shown } = await setup();
  await engine.providerAccounts.put({ name: pool });
  await round();
  expect(await shown("millrace_provider_account_state")).toEqual([
    `{account="${pool}",state="CLOSED"} 1`,
  ]);
  expect(
    (await metrics.registry.metrics()).match(/^millrace_provider_cooldowns_total\{.*\} 0$/gm),
  ).toHaveLength(3);
  await engine.providerAccounts.report(pool, { kind: "exhausted" });
  await round(5_000);
  expect(await shown("millrace_provider_account_state")).toEqual([
    `{account="${pool}",state="EXHAUSTED"} 1`,
  ]);
  await engine.providerAccounts.delete(pool);
  await round(5_000);
  expect(await metrics.registry.metrics()).not.toContain("millrace_provider_account_state{");
});

test("counters of the types that a queue declares exist at 0 before any job, and a key that is limited is known", async () => {
  const { engine, metrics, knowledge, clock, round, submit, lease } = await setup();
  await engine.keyBudgets.set(keyId, { maxRunning: 1 });
  await submit({}, {});
  await lease(2);
  await round();
  const text = await metrics.registry.metrics();
  for (const name of ["stalled", "failed", "expired", "leased"]) {
    for (const type of ["summarize", "chat"]) {
      expect(text).toContain(`millrace_jobs_${name}_total{queue="${queue}",type="${type}"} 0`);
    }
  }
  expect(knowledge.limitedKeys.since(queue, keyId, clock.nowMs())).toBe(true);
  expect(knowledge.limitedKeys.since(queue, keyId, clock.nowMs() + 1)).toBe(false);
});

test("the number of series does not grow with keys, and with types only up to what is declared and 50 more", async () => {
  const { engine, metrics, knowledge, round, clock } = await setup();
  const types = Array.from({ length: 300 }, (_, i) => `type-${i}`);
  const keys = Array.from({ length: 100 }, (_, i) => `k${i}z` as KeyId);
  await engine.defineQueue({ name: queue, types: [] });
  const random = seededRandom(2);
  const lines = async () =>
    (await metrics.registry.metrics()).split("\n").filter((line) => line.startsWith("millrace_"));
  const observe = (key: KeyId) => {
    const id = newJobId(queue, key, clock.nowMs(), random);
    for (const type of types) knowledge.labels.of(id, type);
  };
  await round();
  observe(keys[0] as KeyId);
  const withOneKey = (await lines()).length;
  for (const key of keys) observe(key);
  expect((await lines()).length).toBe(withOneKey);
  // 11 counters of each of 50 types, and of "other".
  const counters = (await lines()).filter(
    (line) => line.startsWith("millrace_jobs_") && line.includes('type="'),
  );
  expect(counters).toHaveLength(11 * (50 + 1));
  knowledge.labels.declare(queue, types);
  observe(keys[0] as KeyId);
  const declared = (await lines()).filter(
    (line) => line.startsWith("millrace_jobs_") && line.includes('type="'),
  );
  expect(declared).toHaveLength(11 * (300 + 1));
});
