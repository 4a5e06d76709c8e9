import { expect, test } from "vitest";
import { leaseOne, queue, setup } from "../../test/setup.ts";
import type { Settlement } from "../leases/contract.ts";
import { keyOfJob } from "../redis/keys.ts";

const usage = { inputTokens: 3, outputTokens: 4, providerCalls: 1 };
const failure = { reason: "BROKEN", message: "no", retryable: false };

test.each([
  [{ kind: "complete", resultJson: "{}", usage }],
  [{ kind: "fail", state: "FAILED", failure }],
] as const)("a job that ended by %j is removed, with its output and its bytes", async (end) => {
  const { engine, job } = await setup();
  const kept = job("aaaa");
  await engine.submit([job("aaaa"), kept]);
  const held = await leaseOne(engine);
  await engine.append([{ ...held, chunks: [{ seq: 0, kind: "text", body: "a" }] }]);
  await engine.settle([{ ...held, ...end } as Settlement]);
  expect(await engine.remove(held.jobId)).toBe("removed");
  expect(await engine.getJobs([held.jobId])).toEqual([undefined]);
  expect(await engine.readOutput(held.jobId, 0, 1, 1)).toEqual({ kind: "notFound" });
  expect(await engine.audit()).toEqual([]);
  expect(await engine.remove(held.jobId)).toBe("notFound");
  const filter = { queue, keyId: keyOfJob(kept.id), pageSize: 10 };
  const { jobs } = await engine.listJobs(filter);
  expect(jobs.map(({ id }) => id)).toEqual([kept.id]);
});

test("a job that waits or runs is not removed", async () => {
  const { engine, job } = await setup();
  const waiting = job("aaaa");
  await engine.submit([job("aaaa"), waiting]);
  const held = await leaseOne(engine);
  for (const id of [held.jobId, waiting.id]) expect(await engine.remove(id)).toBe("unfinished");
  expect(await engine.getJobs([held.jobId, waiting.id])).toMatchObject([
    { state: "RUNNING" },
    { state: "QUEUED" },
  ]);
});
