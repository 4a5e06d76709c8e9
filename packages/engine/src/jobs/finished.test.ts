import {
  type JobId,
  type KeyId,
  newGroupId,
  newJobId,
  type QueueName,
  systemRandom,
} from "@millrace/shared";
import { expect, test } from "vitest";
import { lease, leaseOne, queue, setup } from "../../test/setup.ts";
import type { Settlement } from "../leases/contract.ts";
import { keyOfJob } from "../redis/keys.ts";

const failure = { reason: "PROVIDER_ERROR", message: "no", retryable: true };
const usage = { inputTokens: 3, outputTokens: 4, providerCalls: 1 };

test("a finished job is read without its payload, however it ended", async () => {
  const { engine, job } = await setup();
  const jobs = Array.from({ length: 4 }, () => job("aaaa", { labels: { team: "blue" } }));
  await engine.submit(jobs);
  const [done, failed, late] = await lease(engine, 3);
  if (!done || !failed || !late) throw new Error("no three leases");
  await engine.append([{ ...done, chunks: [{ seq: 0, kind: "text", body: "a" }] }]);
  const ends: Settlement[] = [
    { ...done, kind: "complete", resultJson: '{"pages":3}', usage },
    { ...failed, kind: "fail", state: "FAILED", failure },
    { ...late, kind: "fail", state: "EXPIRED", failure },
  ];
  await engine.settle(ends);
  const waiting = jobs[3]?.id as JobId;
  await engine.cancel(waiting, "no longer needed");

  const ids = [done.jobId, failed.jobId, late.jobId, waiting];
  const expected = await engine.getJobs(ids, "noPayload");
  expect(expected.map((record) => record?.state)).toEqual([
    "SUCCEEDED",
    "FAILED",
    "EXPIRED",
    "CANCELLED",
  ]);
  expect(await engine.getFinished(ids)).toEqual(
    expected.map((record) => ({ kind: "finished", job: record })),
  );
});

test("an unfinished job is told apart from a job that does not exist", async () => {
  const { engine, time, job } = await setup();
  const jobs = [job("aaaa"), job("aaaa"), job("aaaa", { runAtMs: time.nowMs + 1_000 })];
  await engine.submit(jobs);
  await leaseOne(engine);
  const nowhere = job("bbbb").id;
  const elsewhere = newJobId("other" as QueueName, keyOfJob(nowhere) as never, 1, systemRandom);
  const kinds = (await engine.getFinished([...jobs.map(({ id }) => id), nowhere, elsewhere])).map(
    ({ kind }) => kind,
  );
  expect(kinds).toEqual(["unfinished", "unfinished", "unfinished", "notFound", "notFound"]);
});

test("a job that failed and runs again has not finished", async () => {
  const { engine, job } = await setup();
  await engine.submit([job("aaaa")]);
  const held = await leaseOne(engine);
  await engine.settle([{ ...held, kind: "retry", delayMs: 0, failure }]);
  expect(await engine.getFinished([held.jobId])).toEqual([{ kind: "unfinished" }]);
  await engine.settle([{ ...(await leaseOne(engine)), kind: "complete", resultJson: "1" }]);
  expect(await engine.getFinished([held.jobId])).toMatchObject([
    { kind: "finished", job: { state: "SUCCEEDED", attempt: 2, resultJson: "1" } },
  ]);
});

test("finished children and finalizers name their groups", async () => {
  const { engine, job, time } = await setup();
  const id = newGroupId(queue, "aaaa" as KeyId, time.nowMs, systemRandom);
  const finalizer = job("aaaa");
  await engine.createGroup({
    ...{ id, rule: "all", maxInFlight: 0, keepSiblings: false, finalizer },
    ...{ createdAtMs: time.nowMs, deadlineMs: time.nowMs + 60_000 },
  });
  const child = job("aaaa", { group: { id } });
  await engine.submit([child]);
  await engine.closeGroup(id);
  await engine.settle([{ ...(await leaseOne(engine)), kind: "fail", state: "FAILED", failure }]);
  const ids = [child.id, finalizer.id];
  const finished = await engine.getFinished(ids);
  expect(finished).toMatchObject([
    { kind: "finished", job: { group: { id, index: 1 } } },
    { kind: "finished", job: { childGroups: [id] } },
  ]);
  const expected = await engine.getJobs(ids, "noPayload");
  expect(finished).toEqual(expected.map((record) => ({ kind: "finished", job: record })));
  const { letters } = await engine.deadLetters.list({ queue }, 10);
  const letter = letters.find((one) => one.job.id === child.id);
  expect(letter?.job.group?.id).toBe(id);
});
