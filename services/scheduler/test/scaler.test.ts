/** KEDA's contract, asked as KEDA asks, over gRPC. */
import { openEngine } from "@millrace/engine";
import { ExternalScaler } from "@millrace/proto/external-scaler";
import { grpcClient, serve } from "@millrace/runtime";
import {
  systemClock as clock,
  defaultBackoff,
  type KeyId,
  newJobId,
  type QueueName,
  systemRandom as random,
} from "@millrace/shared";
import { redisForTests } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { scalerService } from "../src/service.ts";

const queue = "documents" as QueueName;

async function setup() {
  const { url, rootPrefix } = await redisForTests();
  const engine = await openEngine({ redis: { url }, rootPrefix, clock, random });
  onTestFinished(() => engine.close());
  await engine.defineQueue({ name: queue });
  const server = await serve({
    listen: { host: "127.0.0.1", port: 0 },
    services: [scalerService(engine)],
    clock,
    onBug: (error) => {
      throw error;
    },
  });
  onTestFinished(() => server.close());
  const client = grpcClient(ExternalScaler, server.address);
  onTestFinished(() => client.close());
  const submit = (pool = "") =>
    engine.submit([
      {
        id: newJobId(queue, "aaaa" as KeyId, clock.nowMs(), random),
        ...{ type: "summarize", payloadJson: "{}", priority: 50, maxAttempts: 3, labels: {} },
        ...{ backoff: defaultBackoff, submittedAtMs: clock.nowMs() },
        ...(pool === "" ? {} : { pool }),
      },
    ]);
  const lease = async () => {
    const { leases } = await engine.lease({ queue, count: 1, leaseMs: 30_000, workerId: "w1" });
    const [leased] = leases;
    if (leased === undefined) throw new Error("no job was next");
    return { complete: () => engine.settle([{ ...leased, kind: "complete", resultJson: "{}" }]) };
  };
  const objectOf = (metadata: Record<string, string> = {}) => ({
    ...{ name: "workers", namespace: "default" },
    scalerMetadata: {
      ...{ scalerAddress: "millrace-scheduler:7077", queues: "documents", targetPerReplica: "4" },
      ...metadata,
    },
  });
  /** The metric's value, and whether there is work. */
  const read = async (metadata?: Record<string, string>) => {
    const scaledObjectRef = objectOf(metadata);
    const { metricSpecs } = await client.rpc.getMetricSpec(scaledObjectRef);
    const metricName = metricSpecs[0]?.metricName ?? "";
    const { metricValues } = await client.rpc.getMetrics({ scaledObjectRef, metricName });
    const [value] = metricValues;
    expect(Number(value?.metricValue)).toBe(value?.metricValueFloat);
    return [value?.metricValueFloat, (await client.rpc.isActive(scaledObjectRef)).result];
  };
  return { engine, rpc: client.rpc, submit, lease, objectOf, read };
}

test("jobs that could run and jobs that run count, and jobs of a paused queue do not", async () => {
  const { engine, submit, lease, read } = await setup();
  expect(await read()).toEqual([0, false]);
  await submit();
  await submit();
  const running = await lease();
  expect(await read()).toEqual([2, true]);
  await engine.pauseQueue(queue, true);
  expect(await read()).toEqual([1, true]);
  await running.complete();
  expect(await read()).toEqual([0, false]);
  await engine.pauseQueue(queue, false);
  expect(await read()).toEqual([1, true]);
});

test("the same jobs count that a worker with these queues and pools could run", async () => {
  const { engine, submit, read } = await setup();
  for (const pool of ["", "gpu", "gpu", "cpu", "cpu", "cpu"]) await submit(pool);
  expect(await read()).toEqual([1, true]);
  expect(await read({ pools: "gpu" })).toEqual([3, true]);
  expect(await read({ pools: "gpu, cpu" })).toEqual([6, true]);
  expect(await read({ pools: "cpu", withoutPool: "false" })).toEqual([3, true]);
  expect(await read({ pools: "*" })).toEqual([6, true]);
  expect(await read({ pools: "tpu", withoutPool: "false" })).toEqual([0, false]);
  await engine.defineQueue({ name: "images" as QueueName });
  expect(await read({ queues: "images" })).toEqual([0, false]);
  expect(await read({ queues: "images,documents" })).toEqual([1, true]);
  expect(await read({ queues: "*", pools: "*" })).toEqual([6, true]);
});

test("the target is that of the metadata, with fractions", async () => {
  const { rpc, objectOf } = await setup();
  const specOf = async (targetPerReplica: string) =>
    (await rpc.getMetricSpec(objectOf({ targetPerReplica }))).metricSpecs;
  expect(await specOf("16")).toMatchObject([{ targetSize: 16n, targetSizeFloat: 16 }]);
  expect(await specOf("0.5")).toMatchObject([{ targetSize: 1n, targetSizeFloat: 0.5 }]);
  expect(await specOf("10000")).toMatchObject([{ targetSize: 10_000n }]);
});

test("a stream says whether there is work, at once and at each change", async () => {
  const { rpc, submit, lease, objectOf } = await setup();
  const stream = rpc.streamIsActive(objectOf())[Symbol.asyncIterator]();
  const next = async () => (await stream.next()).value?.result;
  expect(await next()).toBe(false);
  await submit();
  expect(await next()).toBe(true);
  await (await lease()).complete();
  expect(await next()).toBe(false);
  await stream.return?.(undefined);
}, 30_000);

test.each([
  [{ queues: "" }, /metadata queues: is missing/],
  [{ queues: "Documents" }, /metadata queues: "Documents" is no name/],
  [{ pools: "GPU" }, /metadata pools: "GPU" is no name/],
  [{ pool: "gpu" }, /metadata pool: is unknown: use queues, pools/],
  [{ withoutPool: "no" }, /metadata withoutPool: is "no": write "true" or "false"/],
  [{ targetPerReplica: "" }, /metadata targetPerReplica: write how many jobs one worker takes/],
  [{ targetPerReplica: "0" }, /metadata targetPerReplica/],
  [{ targetPerReplica: "10001" }, /metadata targetPerReplica/],
  [{ targetPerReplica: "many" }, /not "many"/],
  [{ queues: Array.from({ length: 65 }, (_, i) => `q${i}`).join() }, /name 64 at most/],
])("refuses the metadata %j in every call, and says what to change", async (metadata, message) => {
  const { rpc, objectOf } = await setup();
  const scaledObjectRef = objectOf(metadata as Record<string, string>);
  const refused = { reason: "MALFORMED", message: expect.stringMatching(message) };
  await expect(rpc.isActive(scaledObjectRef)).rejects.toMatchObject(refused);
  await expect(rpc.getMetricSpec(scaledObjectRef)).rejects.toMatchObject(refused);
  const metricName = "millrace-jobs";
  await expect(rpc.getMetrics({ scaledObjectRef, metricName })).rejects.toMatchObject(refused);
  const stream = rpc.streamIsActive(scaledObjectRef)[Symbol.asyncIterator]();
  await expect(stream.next()).rejects.toMatchObject(refused);
});

test("refuses a queue that is not defined, and a metric that there is not", async () => {
  const { rpc, objectOf } = await setup();
  const scaledObjectRef = objectOf({ queues: "documents,imaegs" });
  await expect(rpc.isActive(scaledObjectRef)).rejects.toMatchObject({
    reason: "QUEUE_NOT_FOUND",
    message: expect.stringMatching(/there is no queue imaegs: define it .* or correct/),
  });
  await expect(
    rpc.getMetrics({ scaledObjectRef: objectOf(), metricName: "jobs" }),
  ).rejects.toMatchObject({ reason: "MALFORMED" });
});
