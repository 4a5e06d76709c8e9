/** What operators do with jobs of any API key: look, explain, watch and cancel. */
import type { Lease } from "@millrace/engine";
import { JobState } from "@millrace/proto/job";
import type { QueueName } from "@millrace/shared";
import { expect, test } from "vitest";
import { setup } from "./admin-setup.ts";

const queue = "mail";

async function withKeys(count: number) {
  const parts = await setup();
  await parts.rpc.putQueue({ queue: { name: queue, shards: 3 } });
  const keys: string[] = [];
  for (let n = 0; n < count; n += 1) keys.push((await parts.newKey(`shop ${n}`)).keyId);
  keys.sort();
  const changes = async () =>
    (await parts.rpc.listChanges({})).changes.map(({ actor, action, subject, detailJson }) => ({
      ...{ actor, action, subject, detail: JSON.parse(detailJson) as unknown },
    }));
  const lease = async (): Promise<Lease> => {
    const request = { queue: queue as QueueName, count: 1, leaseMs: 30_000, workerId: "w" };
    const [held] = (await parts.engine.lease(request)).leases;
    if (held === undefined) throw new Error("no job was next");
    return held;
  };
  return { ...parts, keys, changes, lease };
}

test("lists the jobs of all keys by key, the newest first, in pages that new jobs do not shift", async () => {
  const { rpc, submit, clock, keys } = await withKeys(3);
  const ids: string[] = [];
  for (const key of keys) {
    const own: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      clock.advance(1);
      own.unshift((await submit({ queue }, key)).id);
    }
    ids.push(...own);
  }
  const found: string[] = [];
  let pageToken = "";
  do {
    const page = await rpc.listJobs({ filter: { queue }, pageSize: 2, pageToken });
    expect(page.jobs.length).toBeLessThanOrEqual(2);
    found.push(...page.jobs.map(({ id }) => id));
    pageToken = page.nextPageToken;
    clock.advance(1);
    await submit({ queue }, keys[0]);
  } while (pageToken !== "");
  expect(found).toEqual(ids);
  const filter = { queue, keyId: keys[1] ?? "" };
  const { jobs } = await rpc.listJobs({ filter });
  expect(jobs.map(({ id }) => id)).toEqual(ids.slice(3, 6));
  for (const token of ["x", "/", `${keys[0]}/x`, `${keys[0]}//`]) {
    await expect(rpc.listJobs({ filter: { queue }, pageToken: token })).rejects.toMatchObject({
      reason: "MALFORMED",
    });
  }
  await expect(rpc.listJobs({ filter: { queue: "nothing" } })).rejects.toMatchObject({
    reason: "QUEUE_NOT_FOUND",
  });
});

test("gets, explains and watches a job of any key", async () => {
  const { rpc, submit, engine, lease, keys } = await withKeys(1);
  const { id: jobId } = await submit(
    { queue, payload: { case: "payloadJson", value: "{}" } },
    keys[0],
  );
  expect((await rpc.getJob({ jobId })).job).toMatchObject({ id: jobId, payloadJson: "{}" });
  const { explanation } = await rpc.explainJob({ jobId });
  expect(explanation?.state).toBe(JobState.QUEUED);
  const held = await lease();
  await engine.append([{ ...held, chunks: [{ seq: 0, kind: "text", body: "dear" }] }]);
  await engine.settle([{ ...held, kind: "complete", resultJson: "1" }]);
  const events = await Array.fromAsync(rpc.watchJob({ jobId }));
  expect(events.map(({ event }) => event?.event.case)).toEqual(["chunks", "job"]);
  const unknown = { jobId: `${jobId.slice(0, -3)}000` };
  for (const call of [rpc.getJob, rpc.explainJob, rpc.cancelJob]) {
    await expect(call(unknown)).rejects.toMatchObject({ reason: "JOB_NOT_FOUND" });
  }
});

test("cancels a job of any key, and the change log says who did", async () => {
  const { rpc, as, submit, keys, changes } = await withKeys(1);
  const { id: jobId } = await submit({ queue }, keys[0]);
  const answer = await as("bert").cancelJob({ jobId, reason: "the order is void" });
  expect(answer.job).toMatchObject({
    ...{ state: JobState.CANCELLED, failure: { message: "the order is void" } },
  });
  expect((await rpc.cancelJob({ jobId })).job?.state).toBe(JobState.CANCELLED);
  expect((await changes())[1]).toEqual({
    ...{ actor: "bert", action: "CancelJob", subject: jobId },
    detail: { jobId, reason: "the order is void" },
  });
});

test("counts in a dry run, and then cancels, the jobs that match a filter and have not ended", async () => {
  const { rpc, submit, engine, lease, clock, keys, changes } = await withKeys(2);
  const [first = "", second = ""] = keys;
  const running = await submit({ queue }, first);
  expect((await lease()).jobId).toBe(running.id);
  for (let n = 0; n < 70; n += 1) await submit({ queue }, first);
  const other = await submit({ queue, type: "other" }, second);
  const ended = await submit({ queue }, second);
  await rpc.cancelJob({ jobId: ended.id });
  clock.advance(10);
  const all = { filter: { queue, type: "send" }, reason: "a bad release" };
  const last = async (request: object) => (await Array.fromAsync(rpc.cancelJobs(request))).at(-1);
  const before = await changes();
  expect(await last({ ...all, dryRun: true })).toMatchObject({
    ...{ matched: 71n, cancelled: 0n, requested: 0n, done: true },
  });
  expect(
    await last({ ...all, filter: { ...all.filter, states: [JobState.SUCCEEDED] } }),
  ).toMatchObject({
    ...{ matched: 0n, done: true },
  });
  expect(await last({ ...all, max: 5 })).toMatchObject({ matched: 5n });
  const answers = await Array.fromAsync(rpc.cancelJobs(all));
  expect(answers.length).toBeGreaterThan(2);
  const done = answers.at(-1);
  expect(done?.done).toBe(true);
  expect(Number(done?.cancelled) + Number(done?.requested)).toBe(Number(done?.matched));
  const left = await rpc.listJobs({ filter: { queue, states: [JobState.QUEUED] } });
  expect(left.jobs.map(({ id }) => id)).toEqual([other.id]);
  const [stopping] = await engine.getJobs([running.id]);
  expect(stopping).toMatchObject({ state: "RUNNING", cancelRequested: true });
  const entries = (await changes()).length - before.length;
  expect(entries, "a dry run is no change").toBe(3);
});

test("a filter by state, type and label takes the jobs that fit it alone", async () => {
  const { rpc, submit, keys } = await withKeys(1);
  const labels = { customer: "acme" };
  const fits = await submit({ queue, type: "send", labels }, keys[0]);
  await submit({ queue, type: "other", labels }, keys[0]);
  await submit({ queue, type: "send", labels: { customer: "other" } }, keys[0]);
  const ended = await submit({ queue, type: "send", labels }, keys[0]);
  await rpc.cancelJob({ jobId: ended.id });
  const filter = { queue, type: "send", label: "customer=acme", states: [JobState.QUEUED] };
  const { jobs } = await rpc.listJobs({ filter });
  expect(jobs.map(({ id }) => id)).toEqual([fits.id]);
  await expect(rpc.listJobs({ filter: { queue, label: "acme" } })).rejects.toMatchObject({
    reason: "MALFORMED",
  });
});

test("a filter by time takes the jobs of that time alone", async () => {
  const { rpc, submit, clock, keys } = await withKeys(1);
  const ids: string[] = [];
  for (let n = 0; n < 3; n += 1) {
    ids.push((await submit({ queue }, keys[0])).id);
    clock.advance(1_000);
  }
  const at = (seconds: number) => ({
    ...{ seconds: BigInt(Math.floor(clock.nowMs() / 1_000) - seconds), nanos: 0 },
  });
  const filter = { queue, submittedSince: at(2), submittedBefore: at(1) };
  const { jobs } = await rpc.listJobs({ filter });
  expect(jobs.map(({ id }) => id)).toEqual([ids[1]]);
});

test("a reader may look at jobs and cancel none", async () => {
  const { as, submit, keys } = await withKeys(1);
  const { id: jobId } = await submit({ queue }, keys[0]);
  const rita = as("rita");
  expect((await rita.getJob({ jobId })).job?.id).toBe(jobId);
  const denied = { code: 7, reason: "NOT_ALLOWED" };
  await expect(rita.cancelJob({ jobId })).rejects.toMatchObject(denied);
  await expect(Array.fromAsync(rita.cancelJobs({ filter: { queue } }))).rejects.toMatchObject(
    denied,
  );
});
