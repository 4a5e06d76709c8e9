import { createWake } from "@millrace/shared";
import { expect, test } from "vitest";
import { lease, leaseOne, setup } from "../../test/setup.ts";
import type { AwaitedEnds } from "./awaited-ends.ts";

const failure = { reason: "PROVIDER_ERROR", message: "no", retryable: true };
const usage = { inputTokens: 3, outputTokens: 4, providerCalls: 1 };

/** Reads until `count` jobs have been reported. */
async function read(awaited: AwaitedEnds, wait: () => Promise<void>, count: number) {
  const jobs = [];
  while (jobs.length < count) {
    if (!awaited.mayHaveNews) await wait();
    jobs.push(...(await awaited.read()).jobs);
  }
  return jobs;
}

test("an awaited job is reported as it is stored, whichever engine ended it and however", async () => {
  const { engine, another, job } = await setup();
  const other = await another();
  const { wake, wait } = createWake();
  await using awaited = engine.awaitEnds(wake);
  for (const settles of [engine, other]) {
    const jobs = Array.from({ length: 4 }, () => job("aaaa", { labels: { team: "blue" } }));
    await awaited.add(jobs.slice(0, 1).map(({ id }) => id));
    await engine.submit(jobs);
    await awaited.add(jobs.map(({ id }) => id));
    const [done, failed, late] = await lease(settles, 3);
    if (!done || !failed || !late) throw new Error("no three leases");
    await settles.cancel(jobs[3]?.id as typeof done.jobId, "no longer needed");
    await settles.append([{ ...done, chunks: [{ seq: 0, kind: "text", body: "a" }] }]);
    await settles.settle([
      { ...done, kind: "complete", resultJson: '{"pages":3}', usage },
      { ...failed, kind: "fail", state: "FAILED", failure },
      { ...late, kind: "retry", delayMs: 0, failure },
    ]);
    const again = await leaseOne(settles);
    await settles.settle([{ ...again, kind: "fail", state: "EXPIRED", failure }]);
    const reported = await read(awaited, wait, 4);
    const ids = reported.map(({ id }) => id);
    expect(reported).toEqual(await engine.getJobs(ids, "noPayload"));
    expect(reported.map(({ state }) => state).sort()).toEqual([
      ...["CANCELLED", "EXPIRED", "FAILED", "SUCCEEDED"],
    ]);
    expect(awaited.size).toBe(0);
  }
});

test("a job that does not exist is missing, and one that ended before is reported", async () => {
  const { engine, job } = await setup();
  await using awaited = engine.awaitEnds(() => undefined);
  const [ended, nowhere] = [job("aaaa"), job("aaaa")];
  await engine.submit([ended]);
  await engine.settle([{ ...(await leaseOne(engine)), kind: "complete", resultJson: "{}" }]);
  await awaited.add([ended.id, nowhere.id]);
  const { jobs, missing } = await awaited.read();
  expect(jobs.map(({ id }) => id)).toEqual([ended.id]);
  expect(missing).toEqual([nowhere.id]);
});
