import { type JobSpec, openEngine } from "@millrace/engine";
import { defaultBackoff, type KeyId, newJobId, type QueueName } from "@millrace/shared";
import { createMetrics, metricNames } from "@millrace/telemetry";
import { ManualClock, redisForTests, seededRandom } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { jobObserver } from "../src/observing/job-observer.ts";
import { observedEngine } from "../src/observing/observed-engine.ts";

const queue = "documents" as QueueName;
const leaseMs = 30_000;
const keyId = "aaaa" as KeyId;

/** Two replicas on one Redis, each with its own counters, and the sum of these. */
async function setup() {
  const { url, rootPrefix } = await redisForTests();
  const clock = new ManualClock();
  const random = seededRandom(1);
  const replica = async () => {
    const engine = await openEngine({ redis: { url }, rootPrefix, clock, random });
    onTestFinished(() => engine.close());
    const metrics = createMetrics("scheduler");
    return { metrics, engine: observedEngine(engine, jobObserver(metrics)) };
  };
  const [one, two] = [await replica(), await replica()];
  await one.engine.defineQueue({ name: queue });
  const submit = async (change: Partial<JobSpec> = {}) => {
    const id = newJobId(queue, "aaaa" as KeyId, clock.nowMs(), random);
    const rest = { priority: 50, maxAttempts: 3, backoff: defaultBackoff };
    const spec = { id, type: "summarize", payloadJson: "{}", labels: {}, ...rest };
    await one.engine.submit([{ ...spec, submittedAtMs: clock.nowMs(), ...change }]);
  };
  const counted = async (name: string) => {
    const values = [one, two].map(async ({ metrics }) => {
      const [sample] = (await metrics.registry.getSingleMetric(name)?.get())?.values ?? [];
      return sample?.value ?? 0;
    });
    return (await Promise.all(values)).reduce((sum, value) => sum + value, 0);
  };
  const both = <T>(call: (engine: typeof one.engine) => Promise<T>) =>
    Promise.all([one, two].map(({ engine }) => call(engine)));
  const lease = () =>
    one.engine.lease({ queue, count: 1, leaseMs, workerId: "w1" }).then(({ leases }) => leases[0]);
  return { one, clock, submit, counted, both, lease };
}

test("counts a job that lost its worker for good once over all replicas that reap", async () => {
  const { clock, submit, counted, both, lease } = await setup();
  await submit({ maxAttempts: 1 });
  await lease();
  clock.advance(leaseMs);
  await both((engine) => engine.reap(queue, 10));
  expect(await counted(metricNames.jobsFailed)).toBe(1);
  expect(await counted(metricNames.jobsStalled)).toBe(1);
});

test("counts what holds lanes by the names that explaining a job uses", async () => {
  const { one, submit } = await setup();
  const held = async () => {
    const metric = one.metrics.registry.getSingleMetric(metricNames.lanesHeld);
    return (await metric?.get())?.values.map(({ labels, value }) => ({ ...labels, value }));
  };
  const explained = async () => {
    const { jobs } = await one.engine.listJobs({ queue, keyId, pageSize: 10 });
    const waiting = jobs.find(({ state }) => state === "QUEUED");
    if (waiting === undefined) throw new Error("no job waits");
    return (await one.engine.explain(waiting.id))?.constraints.map(({ kind }) => kind);
  };
  const leaseAll = async () => {
    const request = { queue, count: 5, leaseMs, workerId: "w1" };
    return (await one.engine.lease(request)).leases;
  };
  await one.engine.keyBudgets.set(keyId, { maxRunning: 1 });
  await submit();
  await submit();
  const [first] = await leaseAll();
  expect(await held()).toEqual([{ queue, constraint: "KEY_CONCURRENCY", value: 1 }]);
  expect(await explained()).toEqual(["KEY_CONCURRENCY"]);
  if (first === undefined) throw new Error("no job was next");
  await one.engine.settle([{ ...first, kind: "complete", resultJson: "1" }]);
  // The lease carries what the job had to wait for to its span.
  const [second] = await leaseAll();
  expect(second?.heldBy).toEqual(["KEY_CONCURRENCY"]);
  await one.engine.providerAccounts.put({ name: "acc", requestsPerMinute: 1 });
  await one.engine.keyBudgets.set(keyId, undefined);
  await submit({ pool: "acc" });
  await submit({ pool: "acc" });
  expect(await leaseAll()).toHaveLength(1);
  expect(await held()).toContainEqual({ queue, constraint: "PROVIDER_REQUESTS", value: 1 });
  expect(await explained()).toEqual(["PROVIDER_REQUESTS"]);
});

test("counts a job that expires while it waits once, whether a lease or a reap finds it first", async () => {
  const { clock, submit, counted, both } = await setup();
  await submit({ expiresAtMs: clock.nowMs() + 100 });
  await submit({ deadlineMs: clock.nowMs() + 100 });
  clock.advance(100);
  const request = { queue, count: 1, leaseMs, workerId: "w1" };
  await Promise.all([
    both((engine) => engine.lease(request)),
    both((engine) => engine.reap(queue, 10)),
  ]);
  expect(await counted(metricNames.jobsExpired)).toBe(2);
  expect(await counted(metricNames.jobsFailed)).toBe(0);
});

test("counts output when it is stored", async () => {
  const { one, submit, counted, lease } = await setup();
  await submit();
  const held = await lease();
  if (held === undefined) throw new Error("no job was next");
  await one.engine.append([{ ...held, chunks: [{ seq: 0, kind: "text", body: "mill" }] }]);
  expect(await counted(metricNames.outputChunks)).toBe(1);
  expect(await counted(metricNames.outputBytes)).toBe(4);
});
